"""What a person typed, on its way into the body of a call."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from flask import request

from qbo_emulator.screen.desk import WrongInput
from qbo_emulator.wire import Body

ADDRESS = ("Line1", "Line2", "City", "CountrySubDivisionCode", "PostalCode", "Country")
_LARGEST = Decimal(10) ** 12


def text(name: str) -> str:
    """One field, without space around it."""
    return request.form.get(name, "").strip()


def number(typed: str, label: str) -> Decimal:
    """A number as people write it, with or without thousands separated and a dollar sign."""
    try:
        value = Decimal(typed.replace(",", "").replace("$", "").replace(" ", ""))
    except InvalidOperation:
        raise WrongInput(f"{label}: “{typed[:40]}” is not a number. Write it like 1250.00.") from None
    if not value.is_finite() or abs(value) >= _LARGEST:
        raise WrongInput(f"{label}: the number is too large.")
    return value


def day(name: str, label: str) -> str | None:
    """A date, None when nothing was typed."""
    typed = text(name)
    if not typed:
        return None
    try:
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        raise WrongInput(f"{label} is not a date. Write it as YYYY-MM-DD, or leave it empty.") from None


def reference(name: str) -> Body | None:
    """What was chosen in a list, None for nothing."""
    value = text(name)
    return {"value": value} if value else None


def address(name: str, old: Body) -> Body | None:
    """A postal address; the lines that the form does not show stay."""
    kept = {key: value for key, value in old.get(name, {}).items() if key not in (*ADDRESS, "Id", "Lat", "Long")}
    given = {part: text(f"{name}.{part}") for part in ADDRESS}
    filled = {**kept, **{part: value for part, value in given.items() if value}}
    return filled or None


def fields_of(body: Body, paths: Iterable[str]) -> dict[str, str]:
    """Members of an object as the fields of a form, by their paths: PrimaryEmailAddr.Address."""
    fields: dict[str, str] = {}
    for path in paths:
        value: object = body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        fields[path] = ("on" if value else "") if isinstance(value, bool) else "" if value is None else str(value)
    return fields


def typed(first: Mapping[str, str]) -> Mapping[str, str]:
    """The values of a form: what was typed once it was sent, else these."""
    return request.form if request.method == "POST" else first
