"""Plugins add members to invoices; the host does not know what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from erp_core import api
from erp_core.models import PluginInstance
from erp_core.plugins import registry
from erp_core.plugins.contract import Plugin
from erp_core.plugins.slots import INVOICE_FIELD, ApiField, SlotFill, fill
from erp_core.testing.factories import InvoiceFactory

ASKED: list[int] = []


class BookState(Schema):
    """What became of an invoice in the books."""

    state = fields.String(required=True)


def book_states(_session: Session, invoices: Sequence[Any]) -> Mapping[int, Any]:
    ASKED.append(len(invoices))
    return {invoice.id: {"state": f"booked {invoice.number}", "secret": "not in the schema"} for invoice in invoices}


class Books(Plugin):
    """Books"""

    name = "books"

    def slots(self) -> list[SlotFill]:
        return [fill(INVOICE_FIELD, ApiField("books", fields.Nested(BookState, allow_none=True), book_states))]


@pytest.fixture
def books(app, session, shop):
    """The plugin, loaded and switched on in the instance."""
    registry.install(registry.Registry([Books()]))
    session.add(PluginInstance(plugin="books", instance_id=shop.id, enabled=True))
    session.commit()
    ASKED.clear()


def test_an_invoice_carries_what_the_plugin_says_of_it(books, program, shop):
    invoice = InvoiceFactory(instance=shop)
    answer = program.get(f"/api/invoices/{invoice.id}").get_json()
    assert answer["books"] == {"state": f"booked {invoice.number}"}


def test_a_plugin_is_asked_once_for_a_whole_page(books, program, shop):
    made = [InvoiceFactory(instance=shop) for _ in range(3)]
    answer = program.get("/api/invoices").get_json()
    assert [row["books"]["state"] for row in answer["data"]] == [f"booked {one.number}" for one in made[::-1]]
    assert ASKED == [3]


def test_the_shape_of_an_answer_does_not_change_with_a_switch(books, program, session, shop):
    session.get(PluginInstance, ("books", shop.id)).enabled = False
    invoice = InvoiceFactory(instance=shop)
    assert program.get(f"/api/invoices/{invoice.id}").get_json()["books"] == {"state": f"booked {invoice.number}"}


def test_a_plugins_endpoint_needs_a_token_too_and_no_csrf_token(app, program, problem):
    blueprint = Blueprint("books", __name__, url_prefix="/api/books")

    @blueprint.route("/close", methods=["POST"])
    @blueprint.response(200)
    def close():
        return {"closed": True}

    api.register(app, blueprint)
    problem(program.client.post("/api/books/close"), 401, "token_missing")
    assert program.post("/api/books/close").get_json() == {"closed": True}


def test_a_plugins_endpoint_must_be_under_api(app):
    blueprint = Blueprint("books", __name__, url_prefix="/books")

    @blueprint.route("/close", methods=["POST"])
    def close():
        return {}

    with pytest.raises(ValueError, match="under /api/"):
        api.register(app, blueprint)
