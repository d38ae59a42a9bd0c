"""The one clock of the product, so that tests can move time without waiting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset = timedelta(0)


def now() -> datetime:
    """The current moment, aware and in UTC."""
    return datetime.now(UTC) + _offset


def today(timezone: str) -> date:
    """Today's date where a business unit is; documents carry plain dates of their instance's time zone."""
    return now().astimezone(ZoneInfo(timezone)).date()


def move(by: timedelta) -> None:
    """Move the clock of this process; only tests do."""
    global _offset
    _offset += by


def reset() -> None:
    """Put the clock back to the machine's time."""
    global _offset
    _offset = timedelta(0)
