"""What tests and people use to steer the emulator. None of this exists in the real QuickBooks Online."""

import time
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from qbo_emulator.api import latency
from qbo_emulator.failures.names import NAMES
from qbo_emulator.wire import dumps

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator


def _json(body: Any, status: int = 200) -> Response:
    return Response(dumps(body), status, content_type="application/json")


def _given() -> dict[str, Any]:
    """The JSON object of the request, empty when there is none; ValueError when it is something else."""
    if not request.get_data().strip():
        return {}
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:
        raise ValueError("the body is nested too deep") from None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - one error for all bad requests
    return body


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths below /_emulator."""
    pages = Blueprint("control", __name__, url_prefix="/_emulator")

    @pages.get("/health")
    def health() -> Response:
        return _json({"status": "ok"})

    @pages.post("/reset")
    def reset() -> Response:
        emulator.reset(_given().get("company"))
        return _json({"companies": [{"realm_id": realm, "name": name} for realm, name in emulator.companies()]})

    @pages.get("/faults")
    def list_faults() -> Response:
        return _json(emulator.faults.public())

    @pages.post("/faults")
    def add_fault() -> Response:
        return _json(emulator.faults.add(_given()).public(), 201)

    @pages.delete("/faults")
    def clear_faults() -> Response:
        emulator.faults.clear()
        return Response(status=204)

    @pages.delete("/faults/<int:rule_id>")
    def remove_fault(rule_id: int) -> Response:
        return Response(status=204) if emulator.faults.remove(rule_id) else _json({"error": "no such rule"}, 404)

    @pages.get("/faults/names")
    def names() -> Response:
        return _json({name: named.meaning for name, named in NAMES.items()})

    @pages.get("/limits")
    def show_limits() -> Response:
        return _json(emulator.limits.public(time.monotonic(), emulator.store.now()))

    @pages.post("/limits")
    def set_limits() -> Response:
        emulator.limits.change(_given())
        return show_limits()

    @pages.delete("/limits")
    def forget_what_was_used() -> Response:
        emulator.limits.forget()
        return Response(status=204)

    @pages.get("/latency")
    def show_latency() -> Response:
        return _json(emulator.latency.public())

    @pages.post("/latency")
    def set_latency() -> Response:
        emulator.latency = latency.of(_given())
        return show_latency()

    @pages.get("/calls")
    def list_calls() -> Response:
        return _json(emulator.calls.public())

    @pages.delete("/calls")
    def clear_calls() -> Response:
        emulator.calls.clear()
        return Response(status=204)

    @pages.post("/connections")
    def connect() -> Response:
        return _json(emulator.connect(str(_given().get("realm_id") or "") or None))

    @pages.post("/clock")
    def clock() -> Response:
        seconds = _given().get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > 10**9:
            raise ValueError("advance_seconds: a whole number of seconds")
        return _json({"now": emulator.store.advance(seconds).isoformat()})

    @pages.get("/clock")
    def show_clock() -> Response:
        return _json({"now": emulator.store.now().isoformat()})

    @pages.post("/switches")
    def switch() -> Response:
        emulator.switches.change(_given())
        return _json(vars(emulator.switches))

    @pages.get("/switches")
    def show_switches() -> Response:
        return _json(vars(emulator.switches))

    @pages.get("/emails")
    def emails() -> Response:
        return _json(emulator.emails(request.args.get("realm")))

    @pages.get("/books/<realm>")
    def books(realm: str) -> Response:
        return _json(emulator.everything(realm))

    @pages.errorhandler(ValueError)
    def wrong(error: ValueError) -> Response:
        return _json({"error": str(error)}, 400)

    @pages.errorhandler(KeyError)
    def unknown(error: KeyError) -> Response:
        return _json({"error": f"There is no company {error.args[0]}."}, 404)

    return pages
