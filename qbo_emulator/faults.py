"""Faults of the accounting API in the shapes that clients meet.

A Fault is raised anywhere below the HTTP layer and rendered there, or inside a batch item.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from qbo_emulator.wire import Body

INACTIVE = (
    "Something you're trying to use has been made inactive. Check the fields with accounts, customers, items, "
    "vendors or employees."
)


@dataclass(frozen=True)
class Error:
    """One entry of a Fault; element None is left out, "" is written."""

    code: str
    message: str
    detail: str
    element: str | None = ""

    def body(self) -> Body:
        """The entry as it is written."""
        body: Body = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element is not None:
            body["element"] = self.element
        return body


class Fault(Exception):
    """A refusal: HTTP status, fault type and errors; nothing was written."""

    def __init__(
        self, *errors: Error, status: int = 400, kind: str = "ValidationFault", with_time: bool = True
    ) -> None:
        super().__init__(errors[0].code, errors[0].detail)
        self.errors: Sequence[Error] = errors
        self.status = status
        self.type = kind
        self.with_time = with_time

    def body(self) -> Body:
        """The content of the member Fault."""
        return {"Error": [error.body() for error in self.errors], "type": self.type}


def unsupported(operation: str) -> Fault:
    """500: this operation does not exist."""
    return Fault(Error("500", "Unsupported Operation", f"Operation {operation} is not supported.", None))


def bad_property(detail: str) -> Fault:
    """2010: a member or a type that the API cannot read."""
    return Fault(Error("2010", "Request has invalid or unsupported property", f"Property Name:{detail}", None))


def unknown_member(name: str, java: str, known: Sequence[str]) -> Fault:
    """2010: a member that this type does not have."""
    listed = ", ".join(f'"{member}"' for member in list(known)[:12])
    return bad_property(
        f'Unrecognized field "{name[:100]}" (class com.intuit.schema.finance.v3.{java}), not marked as ignorable '
        f"({len(known)} known properties: {listed} [truncated]])\n specified is unsupported or invalid"
    )


def missing(element: str) -> Fault:
    """2020: a required member was not given."""
    return Fault(
        Error(
            "2020",
            "Required param missing, need to supply the required value for the API",
            f"Required parameter {element} is missing in the request",
            element,
        )
    )


def bad_id(value: str) -> Fault:
    """2030: an id that is not a number; this one has no time in its envelope."""
    return Fault(
        Error("2030", "Invalid ID", f"Id should be a valid number. Supplied value:{value}", "Id"), with_time=False
    )


def bad_string(element: str, reason: str) -> Fault:
    """2040: characters that this field does not take."""
    return Fault(Error("2040", "Invalid String", f"Invalid String : {reason}", element))


def bad_length(element: str, limit: int, length: int) -> Fault:
    """2050: a text longer than the field."""
    return Fault(
        Error(
            "2050",
            "String length is either shorter or longer than supported by specification",
            f"String length specified does not match the supported length. Min:0 Max:{limit} supported. "
            f"Supplied length:{length}",
            element,
        )
    )


def validation(code: str, message: str, detail: str, element: str | None = "") -> Fault:
    """Any other refusal of a value, by its code."""
    return Fault(Error(code, message, detail, element))


def enumeration(element: str, value: str) -> Fault:
    """2170: a word outside the list."""
    return validation("2170", "Invalid Enumeration", f"Invalid Enumeration : {value[:100]}", element)


def bad_reference(detail: str = INACTIVE, element: str = "") -> Fault:
    """2500: a reference to something unknown or inactive."""
    return validation("2500", "Invalid Reference Id", f"Invalid Reference Id : {detail}", element)


def not_found() -> Fault:
    """610: the object does not exist (any more); HTTP 400, not 404."""
    return validation("610", "Object Not Found", f"Object Not Found : {INACTIVE}")


def stale(name: str = "another user") -> Fault:
    """5010: the SyncToken is not the current one."""
    return validation(
        "5010",
        "Stale Object Error",
        f"Stale Object Error : You and {name} were working on this at the same time. {name} finished before you "
        "did, so your work was not saved.",
    )


def business(sentence: str) -> Fault:
    """6000: a rule of bookkeeping."""
    return validation(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {sentence}",
    )


def duplicate_name(other_id: str, kind: str = "customer, vendor or employee") -> Fault:
    """6240: the name is taken by something of this kind."""
    return validation(
        "6240",
        "Duplicate Name Exists Error",
        f"The name supplied already exists. : Another {kind} is already using this name. "
        f"Please use a different name. Id={other_id}",
    )


def malformed_query(detail: str) -> Fault:
    """4000: the statement does not parse."""
    return Fault(Error("4000", "Error parsing query", f"QueryParserError: {detail}", None))


def invalid_query(detail: str) -> Fault:
    """4001: the statement parses and means nothing."""
    return Fault(Error("4001", "Invalid query", f"QueryValidationError: {detail}", None))


def system_failure(text: str) -> Fault:
    """10000: HTTP 500."""
    return Fault(
        Error(
            "10000",
            "An application error has occurred while processing your request",
            f"System Failure Error: {text}",
            None,
        ),
        status=500,
        kind="SystemFault",
    )


def gateway(message: str, detail: str, code: str, kind: str) -> Body:
    """The lower-case envelope of the gateway (401, 403, 429); whoever sends it puts the time in."""
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": [{"message": message, "detail": detail, "code": code, "element": None}], "type": kind},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": None,
        "status": None,
        "cdcresponse": [],
    }


def unauthorized(detail: str) -> Body:
    """401: the token is missing, expired or revoked."""
    return gateway("message=AuthenticationFailed; errorCode=003200; statusCode=401", detail, "3200", "AUTHENTICATION")


def forbidden() -> Body:
    """403: the token is good, but not for this company."""
    return gateway(
        "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
        "The application is not authorized for this company",
        "3100",
        "SERVICE",
    )


def throttled() -> Body:
    """429: too many requests."""
    return gateway(
        "message=ThrottleExceeded; errorCode=003001; statusCode=429",
        "The request limit was reached.  Try again later",
        "3001",
        "SERVICE",
    )


def upper(body: Body) -> Body:
    """The content of the member Fault that says the same as a body of the gateway."""
    told = body["fault"]
    errors = [{"Message": one["message"], "Detail": one["detail"], "code": one["code"]} for one in told["error"]]
    return {"Error": errors, "type": told["type"]}


def access_lost() -> Fault:
    """120: the person who connected the app may not use the company any more; HTTP 401."""
    return Fault(
        Error(
            "120",
            "Authorization Failure",
            "AuthorizationFailure: --11014-You do not have access to use QuickBooks Online., statusCode: 401",
            None,
        ),
        status=401,
        kind="AuthorizatonFault",
    )


def not_now(code: str, message: str) -> Fault:
    """130, 140, 150: the company cannot be reached for a while."""
    return validation(code, message, f"{message} : Please try again later.", None)


def subscription_ended() -> Fault:
    """6190: nothing can be added to the company any more."""
    return validation(
        "6190",
        "Invalid Company Status",
        "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks "
        "Online Plus because your trial or subscription period ended.",
    )


def read_refused() -> Fault:
    """3001 for a query inside a batch, when the month's reads are used up."""
    (error,) = throttled()["fault"]["error"]
    return Fault(Error(error["code"], error["message"], error["detail"], None), status=429, kind="SERVICE")


def repeated_request_id() -> Fault:
    """600: the request id was there before."""
    return validation("600", "Duplicate Request ID", "Duplicate Request ID : This request id was used before.", None)
