"""What tests and people use to steer the emulator. None of this exists in the real QuickBooks Online."""

import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, request

from qbo_emulator.api import latency
from qbo_emulator.control.bodies import answer, given, limit
from qbo_emulator.failures.names import NAMES
from qbo_emulator.wire import parse_moment

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths below /_emulator."""
    pages = Blueprint("control", __name__, url_prefix="/_emulator")

    @pages.get("")
    def index() -> Response:
        """These control paths."""
        found: dict[str, str] = {}
        for rule in current_app.url_map.iter_rules():
            path = rule.rule.replace("int:", "")
            if path.startswith("/_emulator"):
                meaning = (current_app.view_functions[rule.endpoint].__doc__ or "").strip()
                found |= {f"{method} {path}": meaning for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
        return answer(dict(sorted(found.items(), key=lambda row: row[0].split(" ")[::-1])))

    @pages.get("/health")
    def health() -> Response:
        """Whether it runs."""
        return answer({"status": "ok"})

    @pages.post("/reset")
    def reset() -> Response:
        """Everything as at the start; company chooses other books."""
        emulator.reset(given().get("company"))
        return answer({"companies": [{"realm_id": realm, "name": name} for realm, name in emulator.companies()]})

    @pages.get("/faults")
    def list_faults() -> Response:
        """The failures on demand, and how often each struck."""
        return answer(emulator.faults.public())

    @pages.post("/faults")
    def add_fault() -> Response:
        """A failure on demand, by name or by action."""
        return answer(emulator.faults.add(given()).public(), 201)

    @pages.delete("/faults")
    def clear_faults() -> Response:
        """No failures any more."""
        emulator.faults.clear()
        return Response(status=204)

    @pages.delete("/faults/<int:rule_id>")
    def remove_fault(rule_id: int) -> Response:
        """One failure less."""
        return Response(status=204) if emulator.faults.remove(rule_id) else answer({"error": "no such rule"}, 404)

    @pages.get("/faults/names")
    def names() -> Response:
        """What can fail by name."""
        return answer({name: named.meaning for name, named in NAMES.items()})

    @pages.get("/limits")
    def show_limits() -> Response:
        """The limits, and what is used of them."""
        return answer(emulator.limits.public(time.monotonic(), emulator.store.now()))

    @pages.post("/limits")
    def set_limits() -> Response:
        """Other limits from now on."""
        emulator.limits.change(given())
        return show_limits()

    @pages.delete("/limits")
    def forget_what_was_used() -> Response:
        """As if nothing had been asked yet."""
        emulator.forget_what_was_used()
        return Response(status=204)

    @pages.get("/latency")
    def show_latency() -> Response:
        """How long answers take."""
        return answer(emulator.latency.public())

    @pages.post("/latency")
    def set_latency() -> Response:
        """How long answers take from now on."""
        emulator.latency = latency.of(given())
        return show_latency()

    @pages.get("/calls")
    def list_calls() -> Response:
        """The calls of the API, oldest first; limit and since choose the newest."""
        since = request.args.get("since", "").replace(" ", "+")
        moment = parse_moment(since).isoformat(timespec="milliseconds") if since else ""
        return answer(emulator.calls.public(limit(), moment))

    @pages.delete("/calls")
    def clear_calls() -> Response:
        """Forget the calls."""
        emulator.calls.clear()
        return Response(status=204)

    @pages.post("/connections")
    def connect() -> Response:
        """A connection without a browser, with its tokens."""
        return answer(emulator.connect(str(given().get("realm_id") or "") or None))

    @pages.post("/clock")
    def clock() -> Response:
        """Move the clock."""
        seconds = given().get("advance_seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > 10**9:
            raise ValueError("advance_seconds: a whole number of seconds")
        return answer({"now": emulator.store.advance(seconds).isoformat()})

    @pages.get("/clock")
    def show_clock() -> Response:
        """What time it is here."""
        return answer({"now": emulator.store.now().isoformat()})

    @pages.post("/switches")
    def switch() -> Response:
        """Change switches."""
        emulator.switches.change(given())
        return answer(vars(emulator.switches))

    @pages.get("/switches")
    def show_switches() -> Response:
        """The switches."""
        return answer(vars(emulator.switches))

    @pages.get("/emails")
    def emails() -> Response:
        """What was sent by e-mail, of all companies or of one realm."""
        return answer(emulator.emails(request.args.get("realm")))

    @pages.get("/books/<realm>")
    def books(realm: str) -> Response:
        """Everything of a company."""
        return answer(emulator.everything(realm))

    @pages.errorhandler(ValueError)
    def wrong(error: ValueError) -> Response:
        return answer({"error": str(error)}, 400)

    @pages.errorhandler(KeyError)
    def unknown(error: KeyError) -> Response:
        return answer({"error": error.args[0]}, 404)

    return pages
