"""What the control paths read and answer: JSON objects."""

from typing import Any

from flask import Response, request

from qbo_emulator.wire import dumps


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dumps(body), status, content_type="application/json")


def limit() -> int | None:
    """The parameter limit, None without it; ValueError when it is no number of rows."""
    text = request.args.get("limit")
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ValueError("limit: a whole number from 0")
    return None if text is None else int(text)


def given() -> dict[str, Any]:
    """The JSON object of the request, empty when there is none; ValueError when it is something else, or has a text
    that no answer, signature or file could hold."""
    if not request.get_data().strip():
        return {}
    try:
        body = request.get_json(force=True, silent=True)
        dumps(body).encode()
    except RecursionError:
        raise ValueError("the body is nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is not a character") from None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - one error for all bad requests
    return body
