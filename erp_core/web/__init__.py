"""The web interface of the host: pages, forms and what surrounds them."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter

from erp_core.web import errors, format, navigation
from erp_core.web.views import (
    activity,
    auth,
    customers,
    fulfilment,
    host,
    invoices,
    main,
    orders,
    payments,
    products,
    settings,
)

FOLDER = Path(__file__).parent
LARGEST_ID = 2**31 - 1


class IdConverter(IntegerConverter):
    """An id in an address; larger numbers than the database knows are not found."""

    def __init__(self, map: object) -> None:  # noqa: A002 - Werkzeug's name
        super().__init__(map, min=1, max=LARGEST_ID)  # type: ignore[arg-type]


def init_app(app: Flask) -> None:
    """Register the pages, their filters, error pages and what every template gets."""
    app.static_folder = str(FOLDER / "static")
    app.template_folder = str(FOLDER / "templates")
    app.url_map.converters["id"] = IdConverter
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.before_request(_refuse_nul)
    for part in (format, navigation, errors):
        part.init_app(app)
    auth.init_app(app)
    for view in (
        auth,
        main,
        orders,
        fulfilment,
        invoices,
        customers,
        products,
        payments,
        activity,
        settings,
        host,
    ):
        app.register_blueprint(view.bp)


def _refuse_nul() -> None:
    """No text of ours holds a NUL; PostgreSQL can't store one."""
    if request.blueprint and any("\x00" in value for _, value in request.values.items(multi=True)):
        abort(400)
