"""The parts of an upload, read before the books are opened: nobody waits for somebody else's large file."""

from dataclasses import dataclass

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder

from qbo_emulator import faults

MOST_PARTS = 200


@dataclass
class Part:
    """One part of an upload."""

    file_name: str | None
    content_type: str
    encoding: str
    content: bytes = b""


def read(content_type: str, raw: bytes) -> list[tuple[str, Part]]:
    """The parts with their names, in their order; a fault for what is no multipart/form-data."""
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise faults.bad_property("An upload must be multipart/form-data")
    decoder = MultipartDecoder(boundary.encode(), max_parts=MOST_PARTS)
    parts: list[tuple[str, Part]] = []
    try:
        decoder.receive_data(raw)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, (Field, File)):
                headers = event.headers
                encoding = headers.get("Content-Transfer-Encoding", "").strip().lower()
                file_name = event.filename if isinstance(event, File) else None
                parts.append((str(event.name), Part(file_name, headers.get("Content-Type", ""), encoding)))
            elif isinstance(event, Data):
                parts[-1][1].content += event.data
    except (ValueError, RequestEntityTooLarge):
        raise faults.bad_property("The multipart document cannot be read") from None
    return parts
