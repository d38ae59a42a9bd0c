"""Reading what a program sent: JSON without floats, and query parameters, against a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from flask import request
from marshmallow import RAISE, Schema, ValidationError

from erp_core.api.problems import Malformed, UnsupportedType
from erp_core.errors import Invalid


class Body(Schema):
    """Base of what programs send: members that we don't know are refused, not ignored."""

    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012 -- marshmallow reads it from the class
        "unknown": "There is no such member.",
        "type": "This must be a JSON object.",
    }


class Nothing(Body):
    """An act that needs no input: an empty body, or an empty object."""


def read(schema: type[Body]) -> dict[str, Any]:
    """The body, checked against the schema. Raises `Malformed`, `UnsupportedType` or `Invalid`."""
    required = any(field.required for field in schema().fields.values())
    return _load(schema, _json(required=required), "The request was refused.")


def read_query(schema: type[Body]) -> dict[str, Any]:
    """The query parameters, checked against the schema. Raises `Invalid`."""
    twice = {name: "Give this only once." for name, values in request.args.lists() if len(values) > 1}
    if twice:
        raise Invalid("A parameter stands twice in the address.", fields=twice)
    return _load(schema, request.args.to_dict(), "The address of the request is wrong.")


def _load(schema: type[Body], data: Any, what: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema().load(data)
    except ValidationError as error:
        fields = flatten(error.messages if isinstance(error.messages, dict) else {"": error.messages})
        member, sentence = next(iter(fields.items()))
        others = len(fields) - 1
        more = f" There {'is one more problem' if others == 1 else f'are {others} more problems'}." if others else ""
        raise Invalid(f"{what} {f'{member}: ' if member else ''}{sentence}{more}", fields=fields) from None
    return loaded


def flatten(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, str]:
    """Nested messages of marshmallow as `lines.0.quantity` → sentence."""
    flat: dict[str, str] = {}
    for key, value in messages.items():
        path = prefix if key == "_schema" else f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            flat |= flatten(value, path)
        else:
            flat[path] = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return {_storable(path): sentence for path, sentence in flat.items()}


def _storable(text: str) -> str:
    """A member's name as it may stand in our answer: somebody else made it up."""
    return text.encode("ascii", "backslashreplace").decode()[:200]


def _json(*, required: bool) -> Any:
    raw = request.get_data()
    if not raw.strip() and not required:
        return {}
    if not request.is_json:
        raise UnsupportedType(
            "Send the body as JSON, with the header Content-Type: application/json.", code="unsupported_media_type"
        )
    try:
        return json.loads(
            raw.decode(), parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        where = (
            f" Look at line {error.lineno}, column {error.colno}." if isinstance(error, json.JSONDecodeError) else ""
        )
        raise Malformed(f"The body is not valid JSON.{where}", code="malformed_json") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members
