"""Moments are written one way everywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from erp_core.web import format as formats

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


def text(markup: str) -> str:
    """What a person reads, with plain spaces."""
    return re.sub("<[^>]*>", "", markup).replace("\u202f", " ")


@pytest.fixture(autouse=True)
def noon(app: Flask, clock: Any) -> Any:
    """It is 8 PM in Greenwich, on the 20th of November."""
    clock.move(seconds=(NOW - clock.now()).total_seconds())
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("at", "timezone", "locale", "words"),
    [
        (datetime(2026, 11, 20, 18, 47, tzinfo=UTC), "UTC", "en_US", "6:47 PM"),
        (datetime(2026, 11, 20, 18, 47, tzinfo=UTC), "UTC", "de_DE", "18:47"),
        (datetime(2026, 11, 19, 20, 47, tzinfo=UTC), "UTC", "en_US", "Nov 19, 2026, 8:47 PM"),
        (datetime(2026, 11, 19, 20, 47, tzinfo=UTC), "UTC", "de_DE", "19.11.2026, 20:47"),
        (datetime(2026, 11, 20, 2, 0, tzinfo=UTC), "America/Denver", "en_US", "Nov 19, 2026, 7:00 PM"),
    ],
)
def test_a_moment_of_today_is_a_time_and_any_other_a_date_and_a_time(
    at: datetime, timezone: str, locale: str, words: str
) -> None:
    assert text(formats.moment(at, timezone, locale)) == words


def test_a_date_is_written_with_its_month() -> None:
    assert formats.day(datetime(2026, 11, 20, tzinfo=UTC), "en_US") == "Nov 20, 2026"
