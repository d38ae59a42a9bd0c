"""Send to QuickBooks: from the invoice list, from an invoice, and in one click from an order."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from erp_core.toolkit import (
    Invalid,
    Invoice,
    InvoiceStatus,
    Order,
    Refused,
    current_actor,
    current_tenant_id,
    db,
    find,
    find_many,
    invoicing,
    live_invoice,
    requires,
)
from plugins.quickbooks.send import SendResult, send_invoices
from plugins.quickbooks.send import choose as answer
from plugins.quickbooks.web.blueprint import blueprint, require_server

MOST_AT_ONCE = 1000
MOST_REASONS = 6
"""So many reasons are told in one message, and so many invoices are named with each."""
MOST_NAMED = 3


@blueprint.post("/quickbooks/send")
@requires("quickbooks.send")
def send() -> Response:
    """Queue the ticked invoices. Those that can't be sent are named with the reason; the others go."""
    require_server()
    ids = request.form.getlist("ids", type=int)[:MOST_AT_ONCE]
    invoices = find_many(db.session(), Invoice, ids, tenant_id=current_tenant_id())
    if not invoices:
        flash("No invoice was ticked.", "warning")
        return redirect(url_for("invoices.index"))
    result = send_invoices(db.session(), invoices, actor=current_actor())
    db.session.commit()
    _say(result)
    if len(invoices) == 1 and request.form.get("back") == "invoice":
        return redirect(url_for("invoices.show", invoice_id=invoices[0].id))
    return redirect(url_for("invoices.index"))


@blueprint.post("/quickbooks/orders/<id:order_id>/send")
@requires("quickbooks.send")
@requires("invoices.write")
def invoice_and_send(order_id: int) -> Response:
    """Create invoice in QuickBooks: invoices the order if it is not, and sends the invoice, in one transaction."""
    require_server()
    session = db.session()
    order = find(session, Order, order_id, tenant_id=current_tenant_id())
    try:
        invoice = live_invoice(session, order) or invoicing.invoice_order(session, order, actor=current_actor())
        if invoice.status == InvoiceStatus.DRAFT:
            invoicing.issue_invoice(session, invoice, actor=current_actor())
        result = send_invoices(session, [invoice], actor=current_actor())
        if not result.queued:
            raise Refused(result.skipped[0][1])
    except Refused as refusal:
        session.rollback()
        flash(refusal.message, "danger")
        return redirect(url_for("orders.show", order_id=order_id))
    session.commit()
    _say(result)
    return redirect(url_for("orders.show", order_id=order_id))


def _say(result: SendResult) -> None:
    if result.queued:
        count = len(result.queued)
        flash(f"{count} invoice{'' if count == 1 else 's'} on the way to QuickBooks. You can go on working.", "success")
    if result.skipped:
        flash(_refusals(result.skipped), "warning")


def _refusals(skipped: Sequence[tuple[Invoice, str]]) -> str:
    """One message: the sentence of the only one, or each reason with how many invoices it stopped."""
    if len(skipped) == 1:
        invoice, sentence = skipped[0]
        return f"{invoice.number or 'The draft'} was not sent: {sentence}"
    reasons: dict[str, list[str]] = {}
    for invoice, sentence in skipped:
        own = f"nvoice {invoice.number}"
        reason = sentence.replace(f"I{own}", "It").replace(f"i{own}", "it").rstrip(".").partition(", as ")[0]
        reasons.setdefault(reason[:1].upper() + reason[1:], []).append(invoice.number or "a draft")
    told = sorted(reasons.items(), key=lambda reason: -len(reason[1]))
    lines = [f"{len(skipped)} were not sent."]
    for reason, numbers in told[:MOST_REASONS]:
        more = len(numbers) - MOST_NAMED
        lines.append(
            f"{reason} ({len(numbers)}): {', '.join(numbers[:MOST_NAMED])}{f' and {more} more' if more > 0 else ''}."
        )
    if (others := sum(len(numbers) for _, numbers in told[MOST_REASONS:])) > 0:
        lines.append(f"{others} more, for other reasons.")
    return "\n".join(lines)


@blueprint.post("/quickbooks/invoices/<id:invoice_id>/choose")
@requires("quickbooks.send")
def choose(invoice_id: int) -> Response:
    """A person's answer to the question which QuickBooks customer or item a record is. An empty `qbo_id` makes a new one."""
    require_server()
    session = db.session()
    invoice = find(session, Invoice, invoice_id, tenant_id=current_tenant_id())
    kind, local_id = request.form.get("kind", ""), request.form.get("local_id", type=int)
    if kind not in ("customer", "product") or local_id is None:
        raise Invalid("Choose one of the candidates.")
    try:
        answer(session, invoice, kind, local_id, request.form.get("qbo_id") or None, actor=current_actor())
    except Refused as refusal:
        session.rollback()
        flash(refusal.message, "danger")
    else:
        session.commit()
        flash(f"Saved. Invoice {invoice.number} is being sent again.", "success")
    return redirect(url_for("invoices.show", invoice_id=invoice_id))
