"""The control paths of webhooks, below /_emulator/webhooks. None of this exists in the real QuickBooks Online."""

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from qbo_emulator.webhooks.by_hand import ByHand
from qbo_emulator.webhooks.endpoint import endpoint
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
    """Register the endpoint, look at its deliveries, and make them fail."""
    pages = Blueprint("webhooks", __name__, url_prefix="/_emulator/webhooks")
    webhooks = emulator.webhooks
    by_hand = ByHand(webhooks, emulator.store.now, emulator.companies, emulator.client_id)

    @pages.get("")
    def show() -> Response:
        return _json(webhooks.public())

    @pages.post("")
    def register() -> Response:
        registered = endpoint(_given())
        webhooks.register(registered)
        return _json(registered.public(), 201)

    @pages.delete("")
    def unregister() -> Response:
        webhooks.unregister()
        return Response(status=204)

    @pages.get("/deliveries")
    def deliveries() -> Response:
        return _json(webhooks.log.public(request.args.get("limit", type=int)))

    @pages.delete("/deliveries")
    def forget() -> Response:
        webhooks.log.clear()
        return Response(status=204)

    @pages.get("/faults")
    def list_faults() -> Response:
        return _json(webhooks.mishaps.public())

    @pages.post("/faults")
    def add_fault() -> Response:
        return _json(webhooks.mishaps.add(_given()).public(), 201)

    @pages.delete("/faults")
    def clear_faults() -> Response:
        webhooks.mishaps.clear()
        return Response(status=204)

    @pages.post("/hold")
    def hold() -> Response:
        webhooks.hold()
        return _json({"held": True})

    @pages.post("/flush")
    def flush() -> Response:
        webhooks.flush()
        return _json({"held": False})

    @pages.post("/drain")
    def drain() -> Response:
        timeout = _given().get("timeout", 10)
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 <= timeout <= 300:
            raise ValueError("timeout: seconds, up to 300")
        return _json({"drained": webhooks.drain(timeout)})

    @pages.post("/send")
    def send() -> Response:
        return _json(by_hand.send(_given()))

    @pages.errorhandler(ValueError)
    def wrong(error: ValueError) -> Response:
        return _json({"error": str(error)}, 400)

    return pages
