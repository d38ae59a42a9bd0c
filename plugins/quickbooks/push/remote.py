"""A company as one run of the worker uses it: signed in when first needed, renewed once when Intuit asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TypeVar

from erp_core.toolkit import Cause, RetryLater, Run
from plugins.quickbooks import causes, connect
from plugins.quickbooks.connect import ConnectionEnded, RefreshBusy, WrongEnvironment
from plugins.quickbooks.qbo.client import QBOClient
from plugins.quickbooks.qbo.errors import QBOError, QBOTokenRefused, QBOUnauthorized

T = TypeVar("T")

_SIGN_IN_WAIT = timedelta(minutes=1)


class NoSignIn(RetryLater):
    """We could not sign in, so this call was not made."""


class Remote:
    """Calls QuickBooks for a run. Every call raises `NoSignIn`, or what the client raises, or the run's own end."""

    def __init__(self, run: Run, connection_id: int) -> None:
        self._run = run
        self._connection_id = connection_id
        self._client: QBOClient | None = None
        self._token = ""

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    def call(self, request: Callable[[QBOClient], T]) -> T:
        """Make one call. When Intuit refuses the access token, it is renewed and the call made once more."""
        try:
            return self._once(request)
        except QBOTokenRefused:
            # Nothing was done, so the same request may be made again.
            return self._once(request, refused=self._token)

    def _once(self, request: Callable[[QBOClient], T], *, refused: str | None = None) -> T:
        self._run.check()
        client = self._signed_in(refused)
        self._run.check()  # signing in may take longer than a lease
        try:
            return request(client)
        except QBOUnauthorized as error:
            reason = connect.refused_for_good(self._run.transaction, self._connection_id, self._token)
            raise _ended(reason) if reason else _waiting("The sign-in to QuickBooks was renewed") from error

    def _signed_in(self, refused: str | None) -> QBOClient:
        if self._client is None or refused is not None:
            self._token = self._access_token(refused)
        if self._client is None:
            self._client = connect.client_with(self._run.transaction, self._connection_id, self._token)
        self._client.use_token(self._token)
        return self._client

    def _access_token(self, refused: str | None) -> str:
        try:
            return connect.access_token(self._run.transaction, self._connection_id, refused=refused)
        except WrongEnvironment as error:
            raise _ended(str(error), _SIGN_IN_WAIT) from error
        except ConnectionEnded as error:
            raise _ended(str(error)) from error
        except RefreshBusy as error:
            raise _waiting("The sign-in to QuickBooks is being renewed") from error
        except QBOError as error:
            raise _waiting("Intuit's sign-in is not answering") from error


def _ended(reason: str, after: timedelta = connect.WHILE_HELD) -> NoSignIn:
    cause = Cause("connection_ended", "QuickBooks needs you to sign in again", reason, next="It is sent after that.")
    return NoSignIn(after, cause, delays_stream=True)


def _waiting(headline: str) -> NoSignIn:
    cause = Cause(causes.OUTAGE, headline, "No action needed.", next="It is tried again by itself.")
    return NoSignIn(_SIGN_IN_WAIT, cause, delays_stream=True)
