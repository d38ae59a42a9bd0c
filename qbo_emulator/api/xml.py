"""Refusals as XML, for clients that do not accept JSON."""

from xml.sax.saxutils import escape, quoteattr

from qbo_emulator.wire import Body

XML = "application/xml"
NAMESPACE = "http://schema.intuit.com/finance/v3"
NOT_IN_XML = {number: None for number in range(32) if chr(number) not in "\t\n\r"}


def wanted(accept: str | None) -> bool:
    """Whether faults go out as XML: no Accept header, or one without JSON in it."""
    if accept is None:
        return True
    types = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return not any(one in ("*/*", "application/*") or one.endswith("json") for one in types)


def fault(body: Body, time: str | None) -> str:
    """The envelope of a Fault, given as the JSON one has it."""
    errors = "".join(_error(error) for error in body["Error"])
    moment = "" if time is None else f" time={quoteattr(time)}"
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<IntuitResponse xmlns="{NAMESPACE}"{moment}>'
        f"<Fault type={quoteattr(body['type'])}>{errors}</Fault></IntuitResponse>"
    )


def _error(error: Body) -> str:
    element = "" if error.get("element") is None else f" element={_attribute(error['element'])}"
    message, detail = (escape(str(error[name]).translate(NOT_IN_XML)) for name in ("Message", "Detail"))
    return (
        f"<Error code={_attribute(error['code'])}{element}><Message>{message}</Message>"
        f"<Detail>{detail}</Detail></Error>"
    )


def _attribute(value: object) -> str:
    return quoteattr(str(value).translate(NOT_IN_XML))
