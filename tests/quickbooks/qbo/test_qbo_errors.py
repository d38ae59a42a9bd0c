"""Every shape in which Intuit says no becomes the one exception that tells the caller what to do."""

from __future__ import annotations

import json
import pickle

import pytest

from plugins.quickbooks.qbo import errors, faults
from plugins.quickbooks.qbo.errors import (
    QBOAppRefused,
    QBODuplicate,
    QBOError,
    QBOForbidden,
    QBOGrantInvalid,
    QBONotFound,
    QBOPeriodClosed,
    QBORejected,
    QBOStale,
    QBOThrottled,
    QBOTokenRefused,
    QBOUnauthorized,
    QBOUnavailable,
    QBOUnreachable,
)

STALE = (
    b'{"Fault":{"Error":[{"Message":"Stale Object Error","Detail":"Stale Object Error : You and X were working on'
    b' this at the same time. X finished before you did, so your work was not saved.","code":"5010","element":""}],'
    b'"type":"ValidationFault"},"time":"2017-03-14T11:31:21.758-07:00"}'
)
GATEWAY_401 = (
    b'{"warnings":null,"intuitObject":null,"fault":{"error":[{"message":"message=AuthenticationFailed;'
    b' errorCode=003200; statusCode=401","detail":"Token expired: AB01...","code":"3200","element":null}],'
    b'"type":"AUTHENTICATION"},"report":null,"queryResponse":null,"batchItemResponse":[],"attachableResponse":[],'
    b'"syncErrorResponse":null,"requestId":null,"time":1601391072830,"status":null,"cdcresponse":[]}'
)
XML_401 = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse'
    b' xmlns="http://schema.intuit.com/finance/v3" time="2018-06-01T00:00:00.000-07:00"><Fault'
    b' type="AuthenticationFault"><Error code="100"><Message>General Authentication Error</Message>'
    b"<Detail>AuthenticationErrorGeneral: SRV-110-Authentication Failure , statusCode: 401</Detail></Error></Fault>"
    b"</IntuitResponse>"
)
XML_429 = (
    b'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3"><Fault type="SERVICE"><Error code="3001">'
    b"<Message>message=ThrottleExceeded; errorCode=003001; statusCode=429</Message>"
    b"<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"
)
JSON_429 = (
    b'{"fault":{"error":[{"message":"message=ThrottleExceeded; errorCode=003001; statusCode=429","detail":"The'
    b' request limit was reached.  Try again later","code":"003001","element":null}],"type":"SERVICE"}}'
)
ACCESS_LOST = (
    b'{"Fault":{"Error":[{"Message":"Authorization Failure","Detail":"AuthorizationFailure: --11014-You do not have'
    b' access to use QuickBooks Online., statusCode: 401","code":"120"}],"type":"AuthorizatonFault"}}'
)
FORBIDDEN = (
    b'{"fault":{"error":[{"message":"message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",'
    b'"detail":null,"code":"3100","element":null}],"type":"SERVICE"}}'
)
NEW_GATEWAY = (
    b'{"code":"AuthenticationFailed","type":"INPUT","message":null,"detail":"Malformed bearer token: too short or'
    b' too long","moreInfo":null}'
)
SYSTEM = (
    b'{"Fault":{"Error":[{"Message":"An application error has occurred while processing your request","Detail":'
    b'"System Failure Error: null","code":"10000"}],"type":"SystemFault"}}'
)
HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


def fault(code: str, message: str = "m", detail: str = "d") -> bytes:
    error = {"Message": message, "Detail": detail, "code": code, "element": ""}
    return json.dumps({"Fault": {"Error": [error], "type": "ValidationFault"}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, STALE, QBOStale),
        (200, STALE, QBOStale),
        (400, fault("6240", "Duplicate Name Exists Error", "The name supplied already exists. : null"), QBODuplicate),
        (400, fault("6140", "Duplicate Document Number Error"), QBODuplicate),
        (400, fault("630", "Duplicate Object"), QBODuplicate),
        (400, fault("6200", "Account Period Closed"), QBOPeriodClosed),
        (400, fault("6210", "Account Period Closed Required Password"), QBOPeriodClosed),
        (400, fault("610", "Object Not Found"), QBONotFound),
        (400, fault("2020"), QBORejected),
        (400, fault("2010"), QBORejected),
        (400, fault("500", "Unsupported Operation"), QBORejected),
        (400, fault("6000"), QBORejected),
        (400, fault("6190", "Invalid Company Status"), QBORejected),
        (403, fault("5020", "Permission Denied"), QBORejected),
        (400, fault("10100", "Result Set Big"), QBORejected),
        (400, b'{"Fault":{"type":"ValidationFault"}}', QBORejected),
        (401, GATEWAY_401, QBOTokenRefused),
        (200, GATEWAY_401, QBOTokenRefused),
        (401, XML_401, QBOTokenRefused),
        (401, b"", QBOTokenRefused),
        (401, HTML, QBOTokenRefused),
        (401, NEW_GATEWAY, QBOTokenRefused),
        (400, NEW_GATEWAY, QBOTokenRefused),
        (400, fault("3200"), QBOTokenRefused),
        (401, ACCESS_LOST, QBOUnauthorized),
        (403, FORBIDDEN, QBOForbidden),
        (403, HTML, QBOForbidden),
        (429, XML_429, QBOThrottled),
        (429, JSON_429, QBOThrottled),
        (429, b"", QBOThrottled),
        (403, XML_429, QBOThrottled),
        (200, fault("003001"), QBOThrottled),
        (500, SYSTEM, QBOUnavailable),
        (200, SYSTEM, QBOUnavailable),
        (500, fault("6000"), QBOUnavailable),
        (502, HTML, QBOUnavailable),
        (503, b"", QBOUnavailable),
        (504, b"upstream request timeout", QBOUnavailable),
        (503, JSON_429, QBOThrottled),
        (400, fault("130"), QBOUnavailable),
        (400, fault("140"), QBOUnavailable),
        (400, fault("150"), QBOUnavailable),
        (400, fault("600", "Duplicate Request ID"), QBOUnavailable),
        (200, HTML, QBOUnavailable),
        (200, b"", QBOUnavailable),
        (200, b"[1]", QBOUnavailable),
        (200, b'{"a": NaN}', QBOUnavailable),
        (200, b"[" * 100_000, QBOUnavailable),
        (400, b"not json", QBOUnavailable),
        (404, HTML, QBOUnavailable),
        (302, b"", QBOUnavailable),
        (400, b'<!DOCTYPE x [<!ENTITY a "b">]><Fault><Error code="6240"/></Fault>', QBOUnavailable),
        (
            400,
            b'{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}',
            QBOGrantInvalid,
        ),
        (401, b'{"error":"invalid_client"}', QBOAppRefused),
        (400, b'{"error":"unsupported_grant_type"}', QBORejected),
    ],
)
def test_an_answer_becomes_the_exception_that_says_what_to_do(status: int, body: bytes, expected: type) -> None:
    error = faults.error_for(status, {"intuit_tid": "1-6311fe0f"}, body)

    assert type(error) is expected
    assert error.status == status
    assert error.intuit_tid == "1-6311fe0f"
    with pytest.raises(expected):
        faults.answer(status, {}, body)


@pytest.mark.parametrize(
    ("status", "body", "unknown", "counts"),
    [
        (500, SYSTEM, True, True),
        (200, SYSTEM, True, True),
        (200, HTML, True, True),
        (400, fault("600"), True, True),
        (502, HTML, True, False),
        (503, b"", True, False),
        (504, SYSTEM, True, False),
        (400, fault("150"), False, False),
        (500, fault("150"), True, False),
        (429, JSON_429, False, False),
        (401, GATEWAY_401, False, True),
        (400, STALE, False, True),
    ],
)
def test_it_is_told_whether_the_effect_is_unknown_and_whether_the_attempt_counts(
    status: int, body: bytes, unknown: bool, counts: bool
) -> None:
    error = faults.error_for(status, {}, body)

    assert (error.outcome_unknown, error.counts_as_attempt) == (unknown, counts)


def test_only_what_may_pass_by_itself_is_retryable() -> None:
    assert {cls for cls in all_classes(QBOError) if cls.retryable} == {
        QBOUnreachable,
        QBOUnavailable,
        QBOThrottled,
        QBOTokenRefused,
    }


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    drawn = errors.__doc__ or ""
    for cls in all_classes(QBOError):
        line = next(line for line in drawn.splitlines() if f" {cls.__name__} " in line)
        depth = {"*": 0, "x": 1, "+": 2}[line.split()[0]]
        assert depth == len(cls.__mro__) - len(QBOError.__mro__), line


def all_classes(cls: type[QBOError]) -> set[type[QBOError]]:
    return {cls}.union(*(all_classes(child) for child in cls.__subclasses__()))


def test_a_fault_keeps_code_detail_and_element() -> None:
    body = (
        b'{"Fault":{"Error":[{"Message":"Required param missing, need to supply the required value for the API",'
        b'"Detail":"Required parameter Line.DetailType is missing in the request","code":"2020",'
        b'"element":"Line.DetailType"}],"type":"ValidationFault"}}'
    )

    error = faults.error_for(400, {}, body)

    assert (error.code, error.element) == ("2020", "Line.DetailType")
    assert error.detail == "Required parameter Line.DetailType is missing in the request"
    assert "2020" in str(error)
    assert "Line.DetailType" in str(error)


def test_a_code_that_is_only_in_the_message_is_found() -> None:
    body = b'{"fault":{"error":[{"message":"message=ThrottleExceeded; errorCode=003001; statusCode=403"}]}}'

    error = faults.error_for(403, {}, body)

    assert isinstance(error, QBOThrottled)
    assert error.code == "3001"


def test_all_errors_of_one_fault_are_kept() -> None:
    both = {"Error": [{"Message": "a", "code": "2020"}, {"Message": "b", "code": "6240"}], "type": "ValidationFault"}

    error = faults.error_for(400, {}, json.dumps({"Fault": both}).encode())

    assert [fault.code for fault in error.faults] == ["2020", "6240"]
    assert type(error) is QBORejected, "to mend the name would not mend the missing member"


def test_of_several_errors_the_one_that_decides_is_named() -> None:
    both = {"Error": [{"Message": "a", "code": "2020"}, {"Message": "lost", "code": "120"}], "type": "x"}

    error = faults.error_for(401, {}, json.dumps({"Fault": both}).encode())

    assert type(error) is QBOUnauthorized
    assert (error.code, error.message) == ("120", "lost")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "999999999"}, 86_400),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "-1"}, 60),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:30 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30),
        ({"Retry-After": "Sat, 21 Nov 2026 09:00:00 GMT", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 0),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:30", "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 60),
    ],
)
def test_a_throttle_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    error = faults.error_for(429, headers, XML_429)

    assert isinstance(error, QBOThrottled)
    assert error.retry_after == seconds


def test_the_tid_is_found_under_the_name_that_gateways_give_it() -> None:
    assert faults.error_for(400, {"Intuit-Tid": "1-x"}, STALE).intuit_tid == "1-x"


def test_messages_are_cut_and_hold_no_token() -> None:
    secret = "kept-by-us-only"
    body = fault("2010", f"bad {secret}", "Token expired: AB1112345678901234567890 " + "x" * 5000)

    error = faults.error_for(400, {}, body, secrets=(secret,))

    for text in (str(error), repr(error), error.message, error.detail, *(repr(one) for one in error.faults)):
        assert secret not in text
        assert "AB11" not in text
    assert len(error.detail) <= 1000
    assert len(str(error)) <= 1000


def test_the_token_that_the_gateway_quotes_is_hidden() -> None:
    error = faults.error_for(401, {}, GATEWAY_401)

    assert error.detail == "Token expired: [hidden]"


def test_a_page_of_html_is_shown_as_its_text() -> None:
    assert faults.error_for(502, {}, HTML).detail == "502 Bad Gateway"


def test_the_fault_of_a_batch_item_is_mapped_like_any_other() -> None:
    error = faults.error_for_item(json.loads(STALE)["Fault"], intuit_tid="1-b")

    assert type(error) is QBOStale
    assert error.intuit_tid == "1-b"


def test_an_exception_survives_the_way_to_another_process() -> None:
    error = faults.error_for(429, {"Retry-After": "5"}, JSON_429)

    copied = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes

    assert isinstance(copied, QBOThrottled)
    assert (str(copied), copied.retry_after) == (str(error), 5)
