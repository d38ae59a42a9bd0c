"""How much may be asked: calls, batches and e-mails of a company, and the reads of the app in a month.

The windows slide over real time (`time.monotonic`), so that moving the emulator's clock does not touch them; the day
of the e-mails and the month of the reads are the clock's. Windows and e-mails start anew with the process; reads are
kept in the state while there is an allowance. A call is counted when it arrives with a
token for the company: limits are an app's, and nobody knows the app of another one. An e-mail counts when it is sent. A refused call takes nothing from any
limit, unless `count_refused` is set: whether Intuit counts them is not documented.
"""

import sqlite3
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from qbo_emulator.wire import company_date

MINUTE, SECOND = 60.0, 1.0
MOST_REALMS = 1000


@dataclass(frozen=True)
class LimitSettings:
    """The limits. Those of calls, batches and e-mails hold only while enforce is on; read_allowance (reads a month,
    None for as many as wanted) holds by itself. batch_items_count lets a batch take as many of the requests a minute
    as it has items; count_refused lets refused calls take from the windows too."""

    enforce: bool = False
    requests_per_minute: int = 500
    requests_per_second: int = 10
    batches_per_minute: int = 40
    emails_per_day: int = 40
    batch_items_count: bool = False
    count_refused: bool = False
    read_allowance: int | None = None

    def changed(self, values: Mapping[str, Any]) -> "LimitSettings":
        """These settings with others in some places; ValueError says what is wrong with one."""
        known = {setting.name: setting.default for setting in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"{name}: one of {', '.join(known)}")
            if isinstance(known[name], bool):
                if not isinstance(value, bool):
                    raise ValueError(f"{name}: true or false")  # noqa: TRY004 - one error for all bad settings
            elif not (value is None and known[name] is None) and (
                isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12
            ):
                raise ValueError(f"{name}: a whole number from 0{', or null' if known[name] is None else ''}")
        return replace(self, **values)


class Window:
    """What arrived within the last seconds; each arrival has a weight."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._arrivals: deque[tuple[float, int]] = deque()
        self._used = 0

    def used(self, at: float) -> int:
        """The weight within the window that ends at this moment."""
        while self._arrivals and self._arrivals[0][0] <= at - self._seconds:
            self._used -= self._arrivals.popleft()[1]
        return self._used

    def add(self, at: float, weight: int = 1) -> None:
        """Count an arrival, and forget those that are too old."""
        self.used(at)
        self._arrivals.append((at, weight))
        self._used += weight


@dataclass
class _Company:
    minute: Window = field(default_factory=lambda: Window(MINUTE))
    second: Window = field(default_factory=lambda: Window(SECOND))
    batches: Window = field(default_factory=lambda: Window(MINUTE))
    emails: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def public(self, at: float, day: str) -> dict[str, Any]:
        return {
            "requests_in_the_last_minute": self.minute.used(at),
            "requests_in_the_last_second": self.second.used(at),
            "batches_in_the_last_minute": self.batches.used(at),
            "emails_today": self.emails[day],
            "refused": dict(self.refused),
        }


class Limits:
    """Counts what arrives and says what is too much. Safe to use from many threads."""

    def __init__(self, settings: LimitSettings | None = None) -> None:
        self._first = self.settings = settings or LimitSettings()
        self._lock = threading.Lock()
        self._companies: defaultdict[str, _Company] = defaultdict(_Company)
        self._reads: Counter[str] = Counter()
        self._refused_reads: Counter[str] = Counter()

    def change(self, values: Mapping[str, Any]) -> None:
        """Other limits from now on; what was used stays counted. ValueError says what is wrong."""
        with self._lock:
            self.settings = self.settings.changed(values)

    def forget(self) -> None:
        """As if nothing had been asked yet."""
        with self._lock:
            self._companies.clear()
            self._reads.clear()
            self._refused_reads.clear()

    def reset(self) -> None:
        """The settings of the start, and nothing used."""
        self.settings = self._first
        self.forget()

    def arrive(self, realm: str, at: float, now: datetime, items: int | None = None, email: bool = False) -> str | None:
        """Count a call, items being those of a batch; the name of the limit that refuses it, or None.

        at is a moment of time.monotonic, now the emulator's clock."""
        settings = self.settings
        weight = items or 1 if settings.batch_items_count else 1
        with self._lock:
            company = self._company(realm, at)
            day = company_date(now).isoformat()
            refusal = None
            if settings.enforce:
                if company.second.used(at) >= settings.requests_per_second:
                    refusal = "requests_per_second"
                elif items is not None and company.batches.used(at) >= settings.batches_per_minute:
                    refusal = "batches_per_minute"
                elif company.minute.used(at) + weight > settings.requests_per_minute:
                    refusal = "requests_per_minute"
                elif email and company.emails[day] >= settings.emails_per_day:
                    refusal = "emails_per_day"
            if refusal is not None:
                company.refused[refusal] += 1
            if refusal is None or settings.count_refused:
                company.second.add(at)
                company.minute.add(at, weight)
                if items is not None:
                    company.batches.add(at)
            if refusal is None and email:
                company.emails[day] += 1
            return refusal

    def email_not_sent(self, realm: str, now: datetime) -> None:
        """Give back the e-mail of a call that arrived at this moment of the emulator's clock and sent nothing."""
        with self._lock:
            self._companies[realm].emails[company_date(now).isoformat()] -= 1

    def _company(self, realm: str, at: float) -> _Company:
        if realm not in self._companies and len(self._companies) >= MOST_REALMS:
            for name in [name for name, one in self._companies.items() if not one.minute.used(at)]:
                del self._companies[name]
        return self._companies[realm]

    def read(self, now: datetime) -> bool:
        """Count a read of the app; False when the month's allowance is used up, and nothing is counted then."""
        month = _month(now)
        allowance = self.settings.read_allowance
        with self._lock:
            if allowance is not None and self._reads[month] >= allowance:
                self._refused_reads[month] += 1
                return False
            self._reads[month] += 1
            return True

    def reads_left(self, now: datetime) -> bool:
        """Whether a read would be answered."""
        allowance = self.settings.read_allowance
        with self._lock:
            return allowance is None or self._reads[_month(now)] < allowance

    def keep(self, connection: sqlite3.Connection, now: datetime) -> None:
        """Write the month's reads into the state, so that a restart does not give them back."""
        month = _month(now)
        with self._lock:
            kept = f"{month} {self._reads[month]}"
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('reads', ?)", (kept,))

    def restore(self, connection: sqlite3.Connection) -> None:
        """Take up the reads that were kept."""
        row = connection.execute("SELECT value FROM settings WHERE name = 'reads'").fetchone()
        if row is not None:
            month, used = str(row["value"]).split(" ")
            with self._lock:
                self._reads[month] = int(used)

    def public(self, at: float, now: datetime) -> dict[str, Any]:
        """The settings, and what is used of them."""
        month, day = _month(now), company_date(now).isoformat()
        with self._lock:
            return {
                **asdict(self.settings),
                "reads": {
                    "month": month,
                    "used": self._reads[month],
                    "refused": self._refused_reads[month],
                },
                "companies": {realm: company.public(at, day) for realm, company in self._companies.items()},
            }


def _month(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m}"
