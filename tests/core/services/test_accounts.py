"""People, passwords and API tokens."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core import clock as product_clock
from erp_core.errors import Invalid, NotFound, Refused
from erp_core.models import Activity, ApiToken, Role, User
from erp_core.services import accounts
from erp_core.services.accounts import TokenRefused
from tests.core.services.shop import ACTOR, Shop

PASSWORD = "granola for breakfast"


def create(shop: Shop, **values: Any) -> User:
    given = {
        "tenant_id": shop.tenant.id,
        "email": "Ann@Example.com",
        "name": "Ann",
        "password": PASSWORD,
        "role": Role.ADMINISTRATOR,
        **values,
    }
    return accounts.create_user(shop.session, **given, actor=ACTOR)


def test_people_sign_in_with_their_address_in_any_case(session: Session, shop: Shop) -> None:
    user = create(shop)
    session.commit()
    assert accounts.authenticate(session, " ANN@example.com ", PASSWORD) is user
    assert accounts.authenticate(session, "ann@example.com", PASSWORD + "x") is None
    assert accounts.authenticate(session, "ann@example.com", "") is None
    assert accounts.authenticate(session, "bob@example.com", PASSWORD) is None


def test_passwords_are_stored_as_scrypt(shop: Shop) -> None:
    user = create(shop)
    assert user.password_hash.startswith("scrypt:")
    assert PASSWORD not in user.password_hash


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "ann"}, "email"),
        ({"email": ""}, "email"),
        ({"name": ""}, "name"),
        ({"password": "x" * 9}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"role": "king"}, "role"),
        ({"role": Role.HOST}, "role"),
        ({"tenant_id": None}, "role"),
    ],
)
def test_bad_input_gets_a_sentence_for_its_field(shop: Shop, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create(shop, **values)
    assert list(refusal.value.fields) == [field]
    assert str(values.get("password", "\0")) not in refusal.value.message


def test_an_address_has_one_account(shop: Shop, stranger: Shop) -> None:
    create(shop)
    with pytest.raises(Invalid, match=r"an account for ann@example\.com already"):
        create(stranger)


def test_the_administrator_of_the_host_belongs_to_no_tenant(session: Session, shop: Shop) -> None:
    count = len(session.scalars(select(Activity)).all())
    host = create(shop, tenant_id=None, role=Role.HOST)
    assert host.tenant_id is None
    assert len(session.scalars(select(Activity)).all()) == count
    with pytest.raises(NotFound):
        create(shop, tenant_id=999, email="x@example.com")


def test_a_new_password_signs_out_everywhere(session: Session, shop: Shop) -> None:
    user = create(shop)
    cookie = user.get_id()
    accounts.change_password(session, user, "another breakfast", actor=ACTOR)
    assert user.get_id() != cookie
    assert accounts.authenticate(session, "ann@example.com", PASSWORD) is None
    assert accounts.authenticate(session, "ann@example.com", "another breakfast") is user
    with pytest.raises(Invalid, match="at least 10 characters"):
        accounts.change_password(session, user, "short", actor=ACTOR)


def test_who_is_switched_off_can_not_sign_in(session: Session, shop: Shop) -> None:
    create(shop)
    bob = create(shop, email="bob@example.com", role=Role.BILLING)
    accounts.set_active(session, bob, False, actor=ACTOR)
    assert accounts.authenticate(session, "bob@example.com", PASSWORD) is None
    assert shop.actions()[-1] == "user_deactivated"


def test_the_last_administrator_stays(session: Session, shop: Shop) -> None:
    ann = create(shop)
    with pytest.raises(Refused, match="Ann is the only administrator"):
        accounts.set_active(session, ann, False, actor=ACTOR)
    create(shop, email="bob@example.com")
    accounts.set_active(session, ann, False, actor=ACTOR)
    assert not ann.active


def test_a_token_is_shown_once_and_only_its_digest_is_stored(session: Session, shop: Shop) -> None:
    user = create(shop)
    token, raw = accounts.create_token(session, user, "Till", actor=ACTOR)
    session.commit()
    assert re.fullmatch(r"erp_[A-Za-z0-9_-]{43}", raw)
    assert token.digest == hashlib.sha256(raw.encode()).hexdigest()
    assert accounts.user_of_token(session, raw) is user
    stored = [str(getattr(token, column.name)) for column in ApiToken.__table__.columns]
    logged = [f"{entry.summary}{entry.details}" for entry in shop.activities()]
    assert not [text for text in stored + logged if raw[12:] in text]


def test_a_token_that_lets_nobody_in_says_why(session: Session, shop: Shop) -> None:
    user = create(shop)
    create(shop, email="bob@example.com")
    soon = product_clock.now() + timedelta(hours=1)
    _, expiring = accounts.create_token(session, user, "Short", expires_at=soon, actor=ACTOR)
    revoked, raw_revoked = accounts.create_token(session, user, "Old", actor=ACTOR)
    accounts.revoke_token(session, revoked, actor=ACTOR)
    _, good = accounts.create_token(session, user, "Good", actor=ACTOR)
    session.commit()
    assert refusal(session, "erp_nonsense") == "unknown"
    assert refusal(session, "\udcff") == "unknown"
    assert refusal(session, raw_revoked) == "revoked"
    product_clock.move(timedelta(hours=2))
    try:
        assert refusal(session, expiring) == "expired"
    finally:
        product_clock.reset()
    accounts.set_active(session, user, False, actor=ACTOR)
    assert refusal(session, good) == "inactive"


def test_a_token_must_expire_in_the_future_and_have_a_name(session: Session, shop: Shop) -> None:
    user = create(shop)
    with pytest.raises(Invalid) as problem:
        accounts.create_token(session, user, "", expires_at=product_clock.now() - timedelta(seconds=1), actor=ACTOR)
    assert set(problem.value.fields) == {"name", "expires_at"}


def refusal(session: Session, raw: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        accounts.user_of_token(session, raw)
    assert refused.value.status == 401
    return refused.value.reason
