"""Deep links as the real product has them: a path, the transaction or the name, and sometimes the company."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from qbo_emulator.screen.desk import Desk

LINKS = {
    "invoice": ("Invoice", "txnId"),
    "recvpayment": ("Payment", "txnId"),
    "creditmemo": ("CreditMemo", "txnId"),
    "estimate": ("Estimate", "txnId"),
    "salesreceipt": ("SalesReceipt", "txnId"),
    "refundreceipt": ("RefundReceipt", "txnId"),
    "deposit": ("Deposit", "txnId"),
    "customerdetail": ("Customer", "nameId"),
}
PAGES = {
    "Invoice": "screen.invoice",
    "Payment": "screen.payment",
    "CreditMemo": "screen.credit",
    "Customer": "screen.customer",
}


def address_of(realm: str, kind: str, object_id: str) -> str:
    """The page of an object: its own, or its JSON where it has none."""
    if kind in PAGES:
        return url_for(PAGES[kind], realm=realm, object_id=object_id)
    return url_for("screen.raw", realm=realm, kind=kind, object_id=object_id)


def register(pages: Blueprint, desk: Desk) -> None:
    """The paths /app/invoice?txnId=, /app/customerdetail?nameId= and their sisters."""
    pages.add_app_template_global(address_of, "address_of")

    def deep_link(name: str) -> Response:
        kind, parameter = LINKS[name]
        object_id = request.args.get(parameter, "")
        wanted = request.args.get("deeplinkcompanyid") or request.args.get("realmId")
        for realm, _ in desk.emulator.companies():
            if wanted in (None, realm):
                with desk.emulator.books(realm) as books:
                    body = books.get(kind, object_id)
                if body is not None:
                    return redirect(address_of(realm, kind, object_id))
        raise NotFound

    for name in LINKS:
        # One rule each: a name that is written out goes before the realm of /app/<realm>.
        pages.add_url_rule(f"/app/{name}", "deep_link", deep_link, defaults={"name": name})
