"""Payloads as exact JSON: what is written down before a call is, byte for byte, what leaves.

Decimals become JSON numbers with the digits they have; floats are refused, because 0.1 is not one tenth in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn


def to_json(payload: object) -> str:
    """The payload as compact JSON with sorted keys; ``from_json`` of it gives an equal payload.

    Raises TypeError for a float or another type JSON has no exact form for, ValueError for NaN and infinity."""
    return _render(payload, exact_digits=True)


def from_json(text: str) -> Any:
    """The payload that ``to_json`` wrote: numbers with a fraction as Decimal, never float."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def fingerprint(payload: object) -> str:
    """SHA-256 (64 hexadecimal digits) of the payload; equal for equal content, whatever the order of members
    and the trailing zeros of numbers (1.50 and 1.5 are the same money)."""
    return hashlib.sha256(_render(payload, exact_digits=False).encode()).hexdigest()


def _render(value: object, *, exact_digits: bool) -> str:
    if value is None or isinstance(value, bool | str | int):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal):
        return _number(value, exact_digits)
    if isinstance(value, Mapping):
        members = []
        for key in sorted(value):
            if not isinstance(key, str):
                raise TypeError(f"a member's name must be text, not {type(key).__name__}")
            members.append(f"{json.dumps(key, ensure_ascii=False)}:{_render(value[key], exact_digits=exact_digits)}")
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_render(item, exact_digits=exact_digits) for item in value) + "]"
    raise TypeError(f"{type(value).__name__} has no exact form in JSON; use Decimal for numbers and text for dates")


def _number(value: Decimal, exact_digits: bool) -> str:
    if not value.is_finite():
        raise ValueError("NaN and infinity are not amounts")
    text = format(value, "f")
    if exact_digits:
        return text
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not an amount")
