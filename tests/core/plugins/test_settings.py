"""Declared settings: defaults, validation, choices, secrets at rest, keys that rotate."""

from __future__ import annotations

import json
import re

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select, text

from echo_plugin.settings import ChannelSettings, InstanceSettings
from erp_core.errors import Invalid
from erp_core.models import Activity, PluginSetting
from erp_core.models.types import InvalidKey
from erp_core.plugins.settings import parse, read, write
from erp_core.testing import ENCRYPTION_KEY
from erp_core.testing.factories import UserFactory

SECRET = "open sesame"


def test_who_never_saved_gets_the_defaults(session, shop):
    assert read(session, "echo", InstanceSettings, shop.id) == InstanceSettings()
    assert read(session, "echo", ChannelSettings, 7).volume == 5


def test_what_was_saved_is_read_back_for_its_owner_only(session, shop, quiet):
    saved = InstanceSettings(words="I hear", loudness="loud", keep_invoices=True, password=SecretStr(SECRET))
    write(session, "echo", shop.id, saved)
    session.commit()
    assert read(session, "echo", InstanceSettings, shop.id) == saved
    assert read(session, "echo", InstanceSettings, quiet.id) == InstanceSettings()


def test_scopes_do_not_meet_although_their_ids_do(session, shop):
    write(session, "echo", shop.id, InstanceSettings(words="An instance"))
    write(session, "echo", shop.id, ChannelSettings(volume=11))
    write(session, "echo", shop.id, ChannelSettings(volume=3))
    session.commit()
    assert read(session, "echo", InstanceSettings, shop.id).words == "An instance"
    assert read(session, "echo", ChannelSettings, shop.id).volume == 3
    assert len(session.scalars(select(PluginSetting)).all()) == 2


def test_a_value_that_is_not_right_is_named():
    with pytest.raises(Invalid) as error:
        parse(ChannelSettings, {"volume": "12"})
    assert list(error.value.fields) == ["volume"]
    assert "11" in error.value.fields["volume"]


def test_a_secret_is_encrypted_at_rest_and_hidden_in_texts(session, shop):
    settings = InstanceSettings(password=SecretStr(SECRET))
    write(session, "echo", shop.id, settings)
    session.commit()
    row = session.execute(text("SELECT * FROM plugin_setting")).one()
    assert SECRET not in str(row)
    stored = json.loads(row._mapping["values"])
    assert Fernet(ENCRYPTION_KEY).decrypt(stored["password"]).decode() == SECRET
    assert stored["words"] == "Heard"
    assert SECRET not in repr(settings)


def test_no_secret_is_stored_as_no_secret(session, shop):
    write(session, "echo", shop.id, InstanceSettings(password=None))
    session.commit()
    assert read(session, "echo", InstanceSettings, shop.id).password is None


def test_keys_rotate_and_a_key_that_is_gone_is_named(make_app, session, shop):
    write(session, "echo", shop.id, InstanceSettings(password=SecretStr(SECRET)))
    session.commit()

    new = Fernet.generate_key().decode()
    make_app(encryption_keys=(new, ENCRYPTION_KEY))
    old = read(session, "echo", InstanceSettings, shop.id)
    assert old.password is not None
    assert old.password.get_secret_value() == SECRET
    write(session, "echo", shop.id, old)  # saving again is how a secret gets the new key
    session.commit()

    make_app(encryption_keys=(new,))
    renewed = read(session, "echo", InstanceSettings, shop.id)
    assert renewed.password is not None
    assert renewed.password.get_secret_value() == SECRET

    make_app(encryption_keys=(Fernet.generate_key().decode(),))
    with pytest.raises(InvalidKey, match="ERP_ENCRYPTION_KEYS"):
        read(session, "echo", InstanceSettings, shop.id)


@pytest.fixture
def administrator(client, shop):
    """An administrator of the shop's tenant, signed in."""
    person = UserFactory(tenant=shop.tenant)
    client.login(person)
    return person


def test_the_instances_page_shows_every_declared_setting_and_never_the_secret(client, administrator, session, shop):
    write(session, "echo", shop.id, InstanceSettings(words="I hear", password=SecretStr(SECRET)))
    page = client.get(f"/settings/instances/{shop.id}").text
    for shown in ("Words", "I hear", "Loudness", "Loud", "Keep invoices", "Password"):
        assert shown in page
    assert SECRET not in page
    assert "Volume" not in page  # of a scope that the host does not know


def test_saving_the_page_saves_the_settings_and_keeps_a_secret_that_was_left_empty(
    client, administrator, session, shop
):
    write(session, "echo", shop.id, InstanceSettings(password=SecretStr(SECRET)))
    url = f"/settings/instances/{shop.id}"
    form = form_of(client.get(url).text) | {"echo-words": "I hear", "echo-loudness": "loud"}
    assert client.post(url, data=form).status_code == 302
    saved = read(session, "echo", InstanceSettings, shop.id)
    assert (saved.words, saved.loudness) == ("I hear", "loud")
    assert saved.password is not None
    assert saved.password.get_secret_value() == SECRET
    logged = session.scalars(select(Activity).where(Activity.action.contains("settings"))).all()
    assert SECRET not in str([(row.summary, row.details) for row in logged])


def form_of(page: str) -> dict[str, str]:
    """What a browser would send back from the page's main form if nobody touched it."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if attributes.get("type") == "checkbox" and " checked" not in tag:
            continue
        if "name" in attributes:
            fields[attributes["name"]] = attributes.get("value", "y")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(
            r'<option[^>]*selected[^>]*value="([^"]*)"|<option[^>]*value="([^"]*)"[^>]*selected', options
        )
        fields[name] = (chosen.group(1) or chosen.group(2) or "") if chosen else ""
    return fields
