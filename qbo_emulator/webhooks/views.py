"""The control paths of webhooks, below /_emulator/webhooks. None of this exists in the real QuickBooks Online."""

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from qbo_emulator.control.bodies import answer, given
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
        return answer(webhooks.public())

    @pages.post("")
    def register() -> Response:
        registered = endpoint(given())
        webhooks.register(registered)
        return answer(registered.public(), 201)

    @pages.delete("")
    def unregister() -> Response:
        webhooks.unregister()
        return Response(status=204)

    @pages.get("/deliveries")
    def deliveries() -> Response:
        return answer(webhooks.log.public(request.args.get("limit", type=int)))

    @pages.delete("/deliveries")
    def forget() -> Response:
        webhooks.log.clear()
        return Response(status=204)

    @pages.get("/faults")
    def list_faults() -> Response:
        return answer(webhooks.mishaps.public())

    @pages.post("/faults")
    def add_fault() -> Response:
        return answer(webhooks.mishaps.add(given()).public(), 201)

    @pages.delete("/faults")
    def clear_faults() -> Response:
        webhooks.mishaps.clear()
        return Response(status=204)

    @pages.post("/hold")
    def hold() -> Response:
        webhooks.hold()
        return answer({"held": True})

    @pages.post("/flush")
    def flush() -> Response:
        webhooks.flush()
        return answer({"held": False})

    @pages.post("/drain")
    def drain() -> Response:
        timeout = given().get("timeout", 10)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 <= timeout <= 300:
            raise ValueError("timeout: seconds, up to 300")
        return answer({"drained": webhooks.drain(timeout)})

    @pages.post("/send")
    def send() -> Response:
        return answer(by_hand.send(given()))

    @pages.errorhandler(ValueError)
    def wrong(error: ValueError) -> Response:
        return answer({"error": str(error)}, 400)

    return pages
