"""Money, dates and counts the way the people of an instance write them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from flask import Flask, g
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select

from erp_core import clock
from erp_core.access import current_instance
from erp_core.extensions import db
from erp_core.models import Instance
from erp_core.services.listing import Count

DEFAULT_LOCALE = "en_US"
DEFAULT_TIMEZONE = "UTC"


def init_app(app: Flask) -> None:
    """Make the filters known to templates."""
    app.add_template_filter(money)
    app.add_template_filter(number)
    app.add_template_filter(percent)
    app.add_template_filter(plain)
    app.add_template_filter(day)
    app.add_template_filter(moment)
    app.add_template_filter(clock_time)
    app.add_template_filter(count)


def view_instance() -> Instance | None:
    """The instance whose format a page follows: the chosen one, else the tenant's first."""
    if "view_instance" not in g:
        chosen = None
        if current_user.is_authenticated and current_user.tenant_id is not None:
            chosen = (
                current_instance()
                or db.session.scalars(
                    select(Instance).where(Instance.tenant_id == current_user.tenant_id).order_by(Instance.id).limit(1)
                ).one_or_none()
            )
        g.view_instance = chosen
    found: Instance | None = g.view_instance
    return found


def _locale(locale: str | None) -> Locale:
    if not locale:
        instance = view_instance()
        locale = instance.locale if instance else DEFAULT_LOCALE
    try:
        return Locale.parse(locale.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(DEFAULT_LOCALE)


def _timezone(timezone: str | None) -> ZoneInfo:
    if not timezone:
        instance = view_instance()
        timezone = instance.timezone if instance else DEFAULT_TIMEZONE
    return ZoneInfo(timezone)


def money(amount: Decimal | None, currency: str, locale: str | None = None) -> str:
    """An amount with its currency, such as $1,234.50; a dash for none."""
    return "–" if amount is None else format_currency(amount, currency, locale=_locale(locale))


def number(value: Decimal | int | None, locale: str | None = None) -> str:
    """A quantity without needless zeros, such as 1,234.5."""
    return "–" if value is None else format_decimal(value, format="#,##0.######", locale=_locale(locale))


def percent(value: Decimal, locale: str | None = None) -> str:
    """A rate in percent, such as 8.875 %."""
    return f"{number(value, locale)} %"


def plain(value: Decimal | None, places: int = 2) -> str:
    """A number for an input field: a point for the decimals, no groups, no needless zeros. What has decimals has at least
    `places` of them, as money does; quantities pass 0."""
    if value is None:
        return ""
    text = f"{value.normalize():f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}" if decimals else whole


def day(value: date | None, locale: str | None = None) -> str:
    """A plain date, such as Nov 21, 2026."""
    return "–" if value is None else format_date(value, format="medium", locale=_locale(locale))


def moment(value: datetime | None, timezone: str | None = None, locale: str | None = None) -> str:
    """A moment in the instance's time zone, as a `time` element: 8:47 PM today, otherwise Nov 20, 2026, 8:47 PM."""
    if value is None:
        return "–"
    zone, spoken = _timezone(timezone), _locale(locale)
    local = value.astimezone(zone)
    text = format_time(local, format="short", locale=spoken)
    if local.date() != clock.now().astimezone(zone).date():
        pattern = str(spoken.datetime_formats["medium"])
        text = pattern.replace("{1}", format_date(local, format="medium", locale=spoken)).replace("{0}", text)
    full = format_datetime(local, format="medium", locale=spoken)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), full, text)


def clock_time(value: datetime, timezone: str | None = None, locale: str | None = None) -> str:
    """Only the hour of a moment, such as 10:41 AM."""
    return format_time(value.astimezone(_timezone(timezone)), format="short", locale=_locale(locale))


def count(value: Count | int, locale: str | None = None) -> str:
    """How many, such as 48 or 1,000+."""
    if isinstance(value, Count):
        return f"{format_decimal(value.number, locale=_locale(locale))}{'+' if value.more else ''}"
    return format_decimal(value, locale=_locale(locale))
