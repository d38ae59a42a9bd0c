"""What tests and people use to steer the emulator. None of this exists in the real QuickBooks Online."""

import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from qbo_emulator.api import latency
from qbo_emulator.control.bodies import answer, given
from qbo_emulator.failures.names import NAMES

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths below /_emulator."""
    pages = Blueprint("control", __name__, url_prefix="/_emulator")

    @pages.get("/health")
    def health() -> Response:
        return answer({"status": "ok"})

    @pages.post("/reset")
    def reset() -> Response:
        emulator.reset(given().get("company"))
        return answer({"companies": [{"realm_id": realm, "name": name} for realm, name in emulator.companies()]})

    @pages.get("/faults")
    def list_faults() -> Response:
        return answer(emulator.faults.public())

    @pages.post("/faults")
    def add_fault() -> Response:
        return answer(emulator.faults.add(given()).public(), 201)

    @pages.delete("/faults")
    def clear_faults() -> Response:
        emulator.faults.clear()
        return Response(status=204)

    @pages.delete("/faults/<int:rule_id>")
    def remove_fault(rule_id: int) -> Response:
        return Response(status=204) if emulator.faults.remove(rule_id) else answer({"error": "no such rule"}, 404)

    @pages.get("/faults/names")
    def names() -> Response:
        return answer({name: named.meaning for name, named in NAMES.items()})

    @pages.get("/limits")
    def show_limits() -> Response:
        return answer(emulator.limits.public(time.monotonic(), emulator.store.now()))

    @pages.post("/limits")
    def set_limits() -> Response:
        emulator.limits.change(given())
        return show_limits()

    @pages.delete("/limits")
    def forget_what_was_used() -> Response:
        emulator.forget_what_was_used()
        return Response(status=204)

    @pages.get("/latency")
    def show_latency() -> Response:
        return answer(emulator.latency.public())

    @pages.post("/latency")
    def set_latency() -> Response:
        emulator.latency = latency.of(given())
        return show_latency()

    @pages.get("/calls")
    def list_calls() -> Response:
        return answer(emulator.calls.public())

    @pages.delete("/calls")
    def clear_calls() -> Response:
        emulator.calls.clear()
        return Response(status=204)

    @pages.post("/connections")
    def connect() -> Response:
        return answer(emulator.connect(str(given().get("realm_id") or "") or None))

    @pages.post("/clock")
    def clock() -> Response:
        seconds = given().get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > 10**9:
            raise ValueError("advance_seconds: a whole number of seconds")
        return answer({"now": emulator.store.advance(seconds).isoformat()})

    @pages.get("/clock")
    def show_clock() -> Response:
        return answer({"now": emulator.store.now().isoformat()})

    @pages.post("/switches")
    def switch() -> Response:
        emulator.switches.change(given())
        return answer(vars(emulator.switches))

    @pages.get("/switches")
    def show_switches() -> Response:
        return answer(vars(emulator.switches))

    @pages.get("/emails")
    def emails() -> Response:
        return answer(emulator.emails(request.args.get("realm")))

    @pages.get("/books/<realm>")
    def books(realm: str) -> Response:
        return answer(emulator.everything(realm))

    @pages.errorhandler(ValueError)
    def wrong(error: ValueError) -> Response:
        return answer({"error": str(error)}, 400)

    @pages.errorhandler(KeyError)
    def unknown(error: KeyError) -> Response:
        return answer({"error": f"There is no company {error.args[0]}."}, 404)

    return pages
