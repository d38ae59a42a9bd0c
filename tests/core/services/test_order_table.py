"""The order table of the product's decisions, cell by cell: every path state and every act."""

from __future__ import annotations

import pytest

from erp_core.errors import Refused
from erp_core.models import InvoiceStatus, Order, OrderState, ProductKind
from erp_core.services import fulfilment, invoicing, ordering, ordering_rules
from erp_core.services.ordering_rules import Act, Stage
from tests.core.services.shop import ACTOR, STAGES, Shop

# Written from the decisions, not from the code.
ALLOWED = {
    Act.EDIT: {Stage.DRAFT, Stage.CONFIRMED, Stage.SHIPPED, Stage.INVOICED},
    Act.DELETE: {Stage.DRAFT, Stage.CONFIRMED, Stage.SHIPPED},
    Act.CANCEL: {Stage.DRAFT, Stage.CONFIRMED, Stage.SHIPPED},
    Act.VOID: {Stage.INVOICED},
    Act.REPLACE: {Stage.INVOICED},
    Act.CONFIRM: {Stage.DRAFT},
    Act.SHIP: {Stage.CONFIRMED},
    Act.INVOICE: {Stage.SHIPPED},
    Act.PAY: {Stage.INVOICED, Stage.PARTLY_PAID},
}
NEEDS_INVOICE = {Act.VOID, Act.REPLACE, Act.PAY}
HAVE_INVOICE = {Stage.INVOICED, Stage.PARTLY_PAID, Stage.PAID}
CELLS = [
    pytest.param(act, stage, id=f"{act.value}-{stage.value}".replace(" ", "-"))
    for act in Act
    for stage in STAGES
    if stage in HAVE_INVOICE or act not in NEEDS_INVOICE
]


def do(shop: Shop, act: Act, order: Order) -> None:
    session = shop.session
    match act:
        case Act.EDIT:
            ordering.edit_order(session, order, shop.data("4", memo="Ring twice"), actor=ACTOR)
        case Act.CONFIRM:
            ordering.confirm_order(session, order, actor=ACTOR)
        case Act.SHIP:
            fulfilment.ship_order(session, order, actor=ACTOR)
        case Act.INVOICE:
            invoicing.invoice_order(session, order, actor=ACTOR)
        case Act.PAY:
            shop.pay(shop.invoice_of(order), "1.00")
        case Act.VOID:
            invoicing.void_invoice(session, shop.invoice_of(order), actor=ACTOR)
        case Act.REPLACE:
            invoicing.replace_invoice(session, shop.invoice_of(order), actor=ACTOR)
        case Act.CANCEL:
            ordering.cancel_order(session, order, actor=ACTOR)
        case Act.DELETE:
            ordering.delete_order(session, order, actor=ACTOR)


def facts(shop: Shop, order: Order) -> tuple[object, ...]:
    """All that a refused act must leave alone."""
    shop.session.expire_all()
    invoice = shop.invoice_of(order)
    return (
        order.state,
        order.version,
        order.memo,
        [line.quantity for line in order.lines],
        invoice and (invoice.number, invoice.status, invoice.balance, invoice.total, invoice.version),
        shop.granola.stock,
        len(shop.activities()),
    )


@pytest.mark.parametrize(("act", "stage"), CELLS)
def test_every_act_in_every_state_follows_the_table(shop: Shop, act: Act, stage: Stage) -> None:
    order = shop.order(stage)
    shop.session.commit()
    before, logged = facts(shop, order), len(shop.activities())
    if stage in ALLOWED[act]:
        assert ordering_rules.why_not(shop.session, order, act) is None
        do(shop, act, order)
        shop.session.commit()
        assert len(shop.activities()) > logged
        return
    expected = ordering_rules.why_not(shop.session, order, act)
    assert expected
    with pytest.raises(Refused) as refusal:
        do(shop, act, order)
    assert refusal.value.message.lower() == expected.lower()
    shop.session.commit()
    assert facts(shop, order) == before


@pytest.mark.parametrize("stage", STAGES)
def test_orders_come_to_their_stage_with_the_state_that_people_see(shop: Shop, stage: Stage) -> None:
    order = shop.order(stage)
    shop.session.commit()
    shop.session.expire_all()
    seen = OrderState.INVOICED if stage is Stage.PARTLY_PAID else OrderState(stage.value)
    assert order.state == seen
    assert ordering_rules.stage(order, shop.invoice_of(order)) is stage


@pytest.mark.parametrize("act", [Act.VOID, Act.REPLACE])
def test_a_draft_invoice_can_be_neither_voided_nor_replaced(shop: Shop, act: Act) -> None:
    order = shop.order(Stage.SHIPPED)
    invoicing.invoice_order(shop.session, order, actor=ACTOR, draft=True)
    with pytest.raises(Refused):
        do(shop, act, order)
    assert shop.invoice_of(order).status == InvoiceStatus.DRAFT


@pytest.mark.parametrize("act", [Act.EDIT, Act.CANCEL, Act.DELETE, Act.VOID, Act.REPLACE])
@pytest.mark.parametrize("stage", [Stage.PARTLY_PAID, Stage.PAID])
def test_a_refusal_because_of_a_payment_names_it_and_the_remedy(shop: Shop, act: Act, stage: Stage) -> None:
    order = shop.order(stage)
    with pytest.raises(Refused, match=r"PAY-0001.*Void the payment first\."):
        do(shop, act, order)


@pytest.mark.parametrize("act", list(Act))
def test_every_sentence_of_the_table_reads_well(shop: Shop, act: Act) -> None:
    for stage in STAGES:
        sentence = ordering_rules.why_not(shop.session, shop.order(stage), act)
        if sentence is not None:
            assert sentence.endswith(".")
            assert "{" not in sentence
            assert "None" not in sentence
            assert "invoice invoice" not in sentence


def test_what_is_read_back_is_a_member_of_its_enumeration(shop: Shop) -> None:
    """`is` and `match` on a state that came from the database must not fail silently."""
    order = shop.order(Stage.INVOICED)
    shop.session.commit()
    shop.session.expire_all()
    assert order.state is OrderState.INVOICED
    assert shop.invoice_of(order).status is InvoiceStatus.SENT
    assert shop.granola.kind is ProductKind.GOODS
