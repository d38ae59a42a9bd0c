"""Refusals as they leave: of the service (Fault) and of the gateway before it, as JSON or XML."""

from datetime import datetime
from http import HTTPStatus

from qbo_emulator import faults
from qbo_emulator.api import xml
from qbo_emulator.api.asked import ERROR, Answer
from qbo_emulator.wire import Body, dumps

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'}


def of_service(fault: faults.Fault, now: str, accept: str | None) -> Answer:
    """A Fault in its envelope."""
    time = now if fault.with_time else None
    if xml.wanted(accept):
        return Answer(xml.fault(fault.body(), time), fault.status, xml.XML)
    body: Body = {"Fault": fault.body()} | ({} if time is None else {"time": time})
    return Answer(dumps(body), fault.status, ERROR)


def of_gateway(body: Body, status: int, now: str, as_xml: bool = False) -> Answer:
    """What faults.unauthorized, forbidden and throttled say, in lower-case JSON, whose time is in milliseconds since
    1970, or as XML. now is an envelope time."""
    headers = dict(CHALLENGE) if status == HTTPStatus.UNAUTHORIZED else {}
    if as_xml:
        return Answer(xml.fault(faults.upper(body), now), status, xml.XML, headers=headers)
    sent = {**body, "time": int(datetime.fromisoformat(now).timestamp() * 1000)}
    return Answer(dumps(sent), status, ERROR, headers=headers)


def in_upper_case(body: Body, status: int, now: str) -> Answer:
    """The same in the envelope that the service uses, as some gateways wrote it."""
    headers = dict(CHALLENGE) if status == HTTPStatus.UNAUTHORIZED else {}
    return Answer(dumps({"Fault": faults.upper(body), "time": now}), status, ERROR, headers=headers)


def page(status: int, title: str | None = None) -> Answer:
    """The HTML page of a machine in between that knows nothing of QuickBooks."""
    title = title or f"{status} {HTTPStatus(status).phrase}"
    text = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    return Answer(text, status, "text/html")


def of_oauth(status: int, error: str, description: str | None = None) -> Answer:
    """A refusal of the token endpoint."""
    body = {"error": error} | ({"error_description": description} if description else {})
    return Answer(dumps(body), status, "application/json;charset=utf-8")
