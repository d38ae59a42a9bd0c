"""The control paths of webhooks, below /_emulator/webhooks. None of this exists in the real QuickBooks Online."""

from typing import TYPE_CHECKING

from flask import Blueprint, Response

from qbo_emulator.control.bodies import answer, given, limit
from qbo_emulator.webhooks.by_hand import ByHand
from qbo_emulator.webhooks.endpoint import endpoint

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator


def blueprint(emulator: "Emulator") -> Blueprint:
    """Register the endpoint, look at its deliveries, and make them fail."""
    pages = Blueprint("webhooks", __name__, url_prefix="/_emulator/webhooks")
    webhooks = emulator.webhooks
    by_hand = ByHand(webhooks, emulator.store.now, emulator.companies, emulator.client_id)

    @pages.get("")
    def show() -> Response:
        """The endpoint of webhooks, what waits for it, and the newest deliveries."""
        return answer(webhooks.public())

    @pages.post("")
    def register() -> Response:
        """Send events to this address from now on; without a url, change a setting of the endpoint."""
        wanted = given()
        if "url" not in wanted:
            known = webhooks.registered()
            if known is None:
                raise ValueError("url is missing")
            wanted = known.kept() | wanted
        registered = endpoint(wanted)
        webhooks.register(registered)
        return answer(registered.public(), 201)

    @pages.delete("")
    def unregister() -> Response:
        """Send no events any more, and forget those that wait."""
        webhooks.unregister()
        return Response(status=204)

    @pages.get("/deliveries")
    def deliveries() -> Response:
        """The deliveries, oldest first; limit chooses the newest."""
        return answer(webhooks.log.public(limit()))

    @pages.delete("/deliveries")
    def forget() -> Response:
        """Forget the deliveries."""
        webhooks.log.clear()
        return Response(status=204)

    @pages.get("/faults")
    def list_faults() -> Response:
        """The failures of deliveries on demand."""
        return answer(webhooks.mishaps.public())

    @pages.post("/faults")
    def add_fault() -> Response:
        """A failure of deliveries on demand."""
        return answer(webhooks.mishaps.add(given()).public(), 201)

    @pages.delete("/faults")
    def clear_faults() -> Response:
        """No failures of deliveries any more."""
        webhooks.mishaps.clear()
        return Response(status=204)

    @pages.post("/hold")
    def hold() -> Response:
        """Send nothing until flush."""
        webhooks.hold()
        return answer({"held": True})

    @pages.post("/flush")
    def flush() -> Response:
        """Send everything that waits, retries too."""
        webhooks.flush()
        return answer({"held": False})

    @pages.post("/drain")
    def drain() -> Response:
        """Wait until every event is delivered, up to timeout seconds."""
        timeout = given().get("timeout", 10)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 <= timeout <= 300:
            raise ValueError("timeout: seconds, up to 300")
        return answer({"drained": webhooks.drain(timeout), "waiting": webhooks.waiting()})

    @pages.post("/send")
    def send() -> Response:
        """Send a delivery written by hand, or a test event."""
        return answer(by_hand.send(given()))

    @pages.errorhandler(ValueError)
    def wrong(error: ValueError) -> Response:
        return answer({"error": str(error)}, 400)

    return pages
