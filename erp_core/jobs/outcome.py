"""How a job ends: by a plain return, or by one of these.

* NeedsAttention   a person must act; the cause says what happened, why, what to do and what happens next
* RetryLater       try again by itself, after a while
* LeaseLost        another worker took over; whatever this one did about the message is rolled back
* Interrupted      the worker is being stopped; the messages go back as if they had not been taken
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class Cause:
    """Why a message waits or failed, in words for the person who must act; `details` are for support."""

    code: str
    """A word for machines, such as `no_income_account`."""
    headline: str
    """What happened, without codes."""
    body: str = ""
    """Why, and what to do."""
    action: Mapping[str, Any] | None = None
    """The button: `label`, and `endpoint` or `url`."""
    next: str = ""
    """What happens next."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """For example code, HTTP status and `intuit_tid`; never a secret."""

    def to_json(self) -> dict[str, Any]:
        """The cause as a message stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cause:
        """The cause that a message stores."""
        return cls(**data)


class NeedsAttention(Exception):
    """A person must act before this can succeed; it is not tried again until somebody sends it again."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.headline)
        self.cause = cause


class RetryLater(Exception):
    """Try again after a while, without a person.

    `counted` failures back off on their own and end as failed after `worker.MOST_FAILURES`; `delays_stream` stops
    every message of the stream for that while, as a throttle or an outage demands.
    """

    def __init__(
        self, after: timedelta, cause: Cause | None = None, *, counted: bool = False, delays_stream: bool = False
    ) -> None:
        super().__init__(cause.headline if cause else f"again in {after}")
        self.after = after
        self.cause = cause
        self.counted = counted
        self.delays_stream = delays_stream


class LeaseLost(Exception):
    """The lease of the stream ran out and another worker may hold the message now; nothing was recorded."""


class Interrupted(Exception):
    """The worker is being stopped; nothing was sent for the messages that are not settled yet."""
