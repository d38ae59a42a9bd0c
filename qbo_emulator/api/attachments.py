"""Uploads and downloads of files."""

import binascii
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from werkzeug.http import dump_options_header, parse_options_header

from qbo_emulator import faults, operations
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.api.multipart import Part
from qbo_emulator.rules.attachments import fetch, keep_file
from qbo_emulator.tables.attachments import ATTACHABLE
from qbo_emulator.wire import Body, loads

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

LARGEST_FILE = 100 * 1024 * 1024
_NAME = re.compile(r"file_(metadata|content)_(\w{1,20})", re.ASCII)
_NO_SUCH_FILE = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"


def upload(asked: Asked) -> Answer:
    """POST /upload: several files at once. A file that is refused has its Fault inside the answer of HTTP 200."""
    if len(asked.parts) > 1:
        raise faults.unsupported("/".join(asked.parts)[:200])
    files: dict[str, dict[str, Part]] = {}
    if isinstance(asked.files, faults.Fault):
        raise asked.files
    for name, part in asked.files:
        if (match := _NAME.fullmatch(name)) is not None:
            files.setdefault(match[2], {})[match[1]] = part
    if not files:
        raise faults.missing("file_content_01")
    answers: list[Body] = []
    for pair in files.values():
        try:
            with asked.books.savepoint():
                answers.append({"Attachable": _attach(asked, pair.get("metadata"), pair.get("content"))})
        except faults.Fault as fault:
            answers.append({"Fault": fault.body()})
    return asked.envelope({"AttachableResponse": answers})


def _attach(asked: Asked, metadata: Part | None, content: Part | None) -> Body:
    given = _metadata(metadata)
    if content is None:
        raise faults.validation("6041", "Invalid file", "The metadata has no file: file_content is missing")
    data = _bytes(content)
    if len(data) > LARGEST_FILE:
        raise faults.validation(
            "6030", "Upload size exceeds the limit", f"A file can have 100 MB at most. Supplied size:{len(data)}"
        )
    if not given.get("FileName") and content.file_name:
        given["FileName"] = content.file_name.replace("\\", "/").rpartition("/")[2]
    if not given.get("FileName"):
        raise faults.missing("FileName")
    if not given.get("ContentType"):
        given["ContentType"] = parse_options_header(content.content_type)[0] or "application/octet-stream"
    written = operations.write(asked.books, ATTACHABLE, given)
    body = asked.books.get("Attachable", written["Id"]) or written
    keep_file(asked.books, body, data, asked.host_url)
    return operations.read(asked.books, ATTACHABLE, body["Id"])


def _metadata(part: Part | None) -> dict[str, Any]:
    """What the client says about a file; nothing said is fine, something else than an object is 6040."""
    if part is None:
        return {}
    wrong = faults.validation("6040", "Invalid metadata", "The metadata of a file must be an Attachable in JSON")
    if parse_options_header(part.content_type)[0] not in ("", "application/json", "text/plain"):
        raise wrong
    try:
        given = loads(part.content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(given, dict):
        raise wrong
    return given


def _bytes(part: Part) -> bytes:
    if part.encoding != "base64":
        return part.content
    try:
        return binascii.a2b_base64(part.content)
    except binascii.Error:
        raise faults.validation("6041", "Invalid file", "The content of the file is not base64") from None


def download(asked: Asked) -> Answer:
    """GET /download/<id>: a link to the file that works for fifteen minutes, as text."""
    if len(asked.parts) != 2:
        raise faults.unsupported("/".join(asked.parts)[:200])
    body = operations.read(asked.books, ATTACHABLE, asked.parts[1])
    if "TempDownloadUri" not in body:
        raise faults.not_found()
    return Answer(body["TempDownloadUri"], content_type="text/plain;charset=utf-8")


def blueprint(emulator: "Emulator") -> Blueprint:
    """Where the links to files lead."""
    pages = Blueprint("attachments", __name__)

    @pages.get("/attachments/<realm>/<int:number>/<path:name>")
    def content(realm: str, number: int, name: str) -> Response:
        with emulator.books(realm) as books:
            found = fetch(books, str(number), request.args.get("expires", ""), request.args.get("signature", ""))
        if found is None:
            return Response(_NO_SUCH_FILE, 403, content_type="application/xml")
        body, data = found
        kind = str(body.get("ContentType", ""))
        response = Response(data, content_type=kind if kind and kind.isprintable() else "application/octet-stream")
        response.headers["Content-Disposition"] = dump_options_header("attachment", {"filename": body["FileName"]})
        return response

    return pages


RESOURCES: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {
    ("POST", "upload"): upload,
    ("GET", "download"): download,
}
ACTIONS: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}
