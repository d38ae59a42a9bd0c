"""Failures that have a name: what each does to a call, and which calls it is for when nobody says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qbo_emulator import faults
from qbo_emulator.api import refusals
from qbo_emulator.api.asked import Answer
from qbo_emulator.wire import Body

API, TOKEN = "api", "token"
Answers = Callable[[str], Answer]
Errors = Mapping[str, str]


@dataclass(frozen=True)
class Named:
    """action is what happens (failures.injection); answer makes the answer for an envelope time; fault the refusal of
    the service. place is where it happens unless the rule's match names a path or a kind of call; kinds are the only
    kinds of call it can happen to. ms is how long it takes unless the rule says so."""

    action: str
    meaning: str
    answer: Answers | None = None
    fault: Callable[[Errors], faults.Fault] | None = None
    place: str = API
    kinds: frozenset[str] | None = None
    ms: int = 0


def _gateway(body: Callable[[], Body], status: int, as_xml: bool = False) -> Answers:
    return lambda now: refusals.of_gateway(body(), status, now, as_xml)


def _expired() -> Body:
    return faults.unauthorized("Token expired")


def _general(now: str) -> Answer:
    """The XML that a JSON client got in 2018."""
    detail = "AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401"
    body = faults.gateway("General Authentication Error", detail, "100", "AuthenticationFault")
    return refusals.of_gateway(body, 401, now, as_xml=True)


def _failure(_: Errors) -> faults.Fault:
    return faults.system_failure("Unexpected error")


def _refusal(given: Errors) -> faults.Fault:
    return faults.validation(
        given.get("code", "6000"),
        given.get("message", "A business validation error has occurred while processing your request"),
        given.get("detail", "Business Validation Error: Refused on demand."),
        given.get("element", ""),
    )


_WRITES = frozenset({"write", "batch"})

NAMES: Mapping[str, Named] = {
    "lost_answer": Named("reset_after", "acts, commits and closes the connection without an answer"),
    "reset": Named("reset_before", "closes the connection without acting"),
    "hang": Named("hang", "keeps the call for ms (two minutes) without acting, then closes"),
    "hang_after": Named("hang_after", "acts, keeps the answer for ms (two minutes), then closes"),
    "slow": Named("delay", "waits ms (two seconds), then acts", ms=2000),
    "unauthorized": Named("answer", "401 3200 in lower-case JSON", _gateway(_expired, 401)),
    "unauthorized_xml": Named("answer", "401 100 as XML, whatever the client accepts", _general),
    "unauthorized_fault": Named(
        "answer", "401 3200 in the envelope Fault", lambda now: refusals.in_upper_case(_expired(), 401, now)
    ),
    "authorization_failure": Named("fault", "401 120, the person lost access", fault=lambda _: faults.access_lost()),
    "forbidden": Named("answer", "403 3100 in lower-case JSON", _gateway(faults.forbidden, 403)),
    "throttled": Named("answer", "429 3001 in lower-case JSON", _gateway(faults.throttled, 429)),
    "throttled_xml": Named("answer", "429 3001 as XML", _gateway(faults.throttled, 429, as_xml=True)),
    "server_error": Named("fault", "500 10000 without acting", fault=_failure),
    "server_error_after": Named(
        "answer_after",
        "acts and commits, then answers 500 10000",
        lambda now: refusals.of_service(_failure({}), now, "*/*"),
    ),
    "unavailable": Named("answer", "503 HTML of a gateway", lambda _: refusals.page(503)),
    "gateway_html": Named("answer", "502 HTML of a gateway", lambda _: refusals.page(502)),
    "timeout": Named("answer", "504 HTML of a gateway, without acting", lambda _: refusals.page(504)),
    "timeout_after": Named(
        "answer_after", "acts and commits, then 504 HTML of a gateway", lambda _: refusals.page(504)
    ),
    "partial_batch": Named(
        "partial_batch",
        "acts on the first items of a batch (half of them) and commits them, then 504 HTML",
        lambda _: refusals.page(504),
        kinds=frozenset({"batch"}),
    ),
    "not_json": Named("answer", "200 with HTML, without acting", lambda _: refusals.page(200, "Please sign in")),
    "truncated": Named("truncate", "acts and sends half of the answer's body"),
    "wrong_cluster": Named("fault", "400 130", fault=lambda _: faults.not_now("130", "Wrong cluster")),
    "company_locked": Named("fault", "400 140", fault=lambda _: faults.not_now("140", "Company locked out")),
    "company_maintenance": Named(
        "fault", "400 150", fault=lambda _: faults.not_now("150", "Company under maintenance")
    ),
    "subscription_ended": Named(
        "item_fault",
        "400 6190 for writes; in a batch for each write of its own",
        fault=lambda _: faults.subscription_ended(),
        kinds=_WRITES,
    ),
    "refusal": Named(
        "item_fault",
        "400 with your code, message, detail and element for writes; in a batch for each write of its own",
        fault=_refusal,
        kinds=_WRITES,
    ),
    "invalid_grant": Named(
        "answer",
        "400 invalid_grant of the token endpoint, without acting",
        lambda _: refusals.of_oauth(400, "invalid_grant", "Incorrect or invalid refresh token"),
        place=TOKEN,
    ),
    "invalid_client": Named(
        "answer", "401 invalid_client of the token endpoint", lambda _: refusals.of_oauth(401, "invalid_client"),
        place=TOKEN,
    ),
}  # fmt: skip
