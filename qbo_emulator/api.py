"""The accounting API over HTTP: who may call, what is called, and the envelope of the answer."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, request

from qbo_emulator import batch, faults, oauth, operations, query
from qbo_emulator.books import Books
from qbo_emulator.calls import Call
from qbo_emulator.entities import BY_PATH
from qbo_emulator.wire import Body, dumps, envelope_time, loads

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

LONGEST_REQUEST_ID, LONGEST_BATCH_REQUEST_ID = 50, 36
LARGEST_BODY = 16 * 1024 * 1024
SUCCESS = "application/json;charset=utf-8"
ERROR = "application/json"


@dataclass
class Answer:
    """What goes back, and what the list of calls says about it."""

    body: str
    status: int = 200
    content_type: str = SUCCESS
    items: list[str] = field(default_factory=list)
    replayed: bool = False
    headers: dict[str, str] = field(default_factory=dict)


def refused(fault: faults.Fault, books_time: str) -> Answer:
    """A fault in its envelope."""
    body: Body = {"Fault": fault.body()}
    if fault.with_time:
        body["time"] = books_time
    return Answer(dumps(body), fault.status, ERROR)


def kind_of(method: str, rest: str) -> str:
    """The kind of a call: write, get, query, pdf, cdc or batch."""
    parts = rest.lower().strip("/").split("/")
    if parts[0] in ("query", "batch", "cdc"):
        return parts[0]
    if parts[-1] == "pdf":
        return "pdf"
    return "get" if method in ("GET", "HEAD") else "write"


def _payload() -> Any:
    """The JSON of the request; faults for what is not UTF-8, not JSON, too large or too deep."""
    raw = _text()
    try:
        payload = loads(raw)
        if "\\ud" in raw.lower():
            dumps(payload).encode("utf-8")
        return payload
    except UnicodeEncodeError:
        raise faults.bad_string("", "half of a surrogate pair is not a character") from None
    except RecursionError:
        raise faults.bad_property("Unexpected nesting: the document is too deep") from None
    except ValueError as error:
        detail = getattr(error, "msg", "not a valid document")
        raise faults.bad_property(f"Unexpected character: {detail}") from None


def _text() -> str:
    raw = request.get_data()
    if len(raw) > LARGEST_BODY:
        raise faults.bad_property("The request is too large")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise faults.unsupported(
            "MalformedByteSequenceException: Invalid byte 1 of 1-byte UTF-8 sequence is not supported."
        ) from None


def _not_found(realm: str, rest: str) -> faults.Fault:
    path = f"/v3/company/{realm}/{rest}"
    return faults.unsupported(f"Could not find resource for relative : {path} of full path: {request.base_url}")


class Api:
    """Answers the calls of one emulator."""

    def __init__(self, emulator: "Emulator") -> None:
        self.emulator = emulator

    def answer(self, realm: str, rest: str) -> Answer:
        """The answer to the call at hand; what it wrote is committed."""
        if (denied := self._denied(realm)) is not None:
            return denied
        now = envelope_time(self.emulator.store.now())
        try:
            with self.emulator.books(realm) as books:
                if request.method == "POST":
                    return self._post(books, rest, now)
                return self._get(books, rest, now)
        except faults.Fault as fault:
            return refused(fault, now)

    def _denied(self, realm: str) -> Answer | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self.emulator.store.transaction() as connection:
            granted, reason = oauth.access(connection, self.emulator.store.now(), token.strip())
        if scheme.lower() != "bearer" or granted is None:
            body = faults.unauthorized(reason if scheme.lower() == "bearer" else "Malformed bearer token")
            challenge = {"WWW-Authenticate": 'Bearer realm="Intuit", error="invalid_token"'}
            return Answer(dumps(body), 401, ERROR, headers=challenge)
        if granted != realm:
            return Answer(dumps(faults.forbidden()), 403, ERROR)
        return None

    def _get(self, books: Books, rest: str, now: str) -> Answer:
        parts = rest.strip("/").split("/")
        if parts[0].lower() == "query" and len(parts) == 1:
            return self._query(books, request.args.get("query", ""), now)
        entity = BY_PATH.get(parts[0].lower())
        if entity is None or len(parts) > 2 or (len(parts) == 1 and not entity.singleton):
            raise _not_found(books.realm, rest)
        body = operations.read(books, entity, parts[1] if len(parts) == 2 else "1")
        return Answer(dumps({entity.name: body, "time": now}))

    def _query(self, books: Books, statement: str, now: str) -> Answer:
        return Answer(dumps({"QueryResponse": query.run(books, statement), "time": now}))

    def _post(self, books: Books, rest: str, now: str) -> Answer:
        parts = rest.strip("/").split("/")
        resource = parts[0].lower()
        if resource == "query" and len(parts) == 1:
            return self._query(books, _text() or request.args.get("query", ""), now)
        entity = BY_PATH.get(resource)
        if len(parts) > 1 or (entity is None and resource != "batch"):
            raise _not_found(books.realm, rest)
        request_id = self._request_id(resource == "batch")
        if request_id and (earlier := _replay(books, request_id)) is not None:
            return earlier
        if entity is None:
            items = batch.items_of(_payload(), bool(request_id))
            answers = batch.run(books, items)
            answer = Answer(
                dumps({"BatchItemResponse": answers, "time": now}), items=[batch.kind(item) for item in items]
            )
        else:
            payload = _payload()
            operation = request.args.get("operation", "").lower()
            include = frozenset(part.strip().lower() for part in request.args.get("include", "").split(","))
            if operation in ("delete", "void"):
                run = operations.delete if operation == "delete" else operations.void
                body = run(books, entity, payload)
            elif operation in ("", "create", "update"):
                body = operations.write(books, entity, payload, include)
            else:
                raise faults.unsupported(operation[:60])
            answer = Answer(dumps({entity.name: body, "time": now}))
        if request_id:
            books.connection.execute("INSERT INTO request_ids VALUES (?, ?, ?)", (books.realm, request_id, answer.body))
        return answer

    def _request_id(self, is_batch: bool) -> str:
        request_id = request.args.get("requestid", "")
        longest = LONGEST_BATCH_REQUEST_ID if is_batch else LONGEST_REQUEST_ID
        if len(request_id) > longest:
            raise faults.validation(
                "2130", "Invalid Request Id Format", f"The request id has at most {longest} characters", None
            )
        return request_id


def _replay(books: Books, request_id: str) -> Answer | None:
    """The answer that this request id got the first time; the body is not compared."""
    row = books.connection.execute(
        "SELECT answer FROM request_ids WHERE realm = ? AND request_id = ?", (books.realm, request_id)
    ).fetchone()
    return None if row is None else Answer(row["answer"], replayed=True)


def blueprint(emulator: "Emulator") -> Blueprint:
    """The paths below /v3/company."""
    api = Api(emulator)
    pages = Blueprint("api", __name__)

    @pages.before_request
    def start() -> None:
        g.started = time.monotonic()

    @pages.route("/v3/company/<realm>/", defaults={"rest": ""}, methods=["GET", "POST"])
    @pages.route("/v3/company/<realm>/<path:rest>", methods=["GET", "POST"])
    def call(realm: str, rest: str) -> Response:
        answer = api.answer(realm, rest)
        g.items, g.replayed = answer.items, answer.replayed
        response = Response(answer.body, answer.status, content_type=answer.content_type)
        response.headers.update(answer.headers)
        if answer.status == 200:
            taken = int((time.monotonic() - g.started) * 1000)
            response.headers["QBO-Version"] = "1988.128"
            response.headers["Service-Time"] = f"total={taken}, db={taken}"
            response.headers["Expires"] = "0"
            response.headers["Cache-Control"] = "max-age=0, no-cache, no-store, must-revalidate, private"
        return response

    return pages


def note(emulator: "Emulator", realm: str, rest: str, status: int | None, started: float, tid: str) -> None:
    """Put the call at hand on the list of calls."""
    emulator.calls.add(
        Call(
            at=emulator.store.now().isoformat(timespec="milliseconds"),
            realm=realm,
            method=request.method,
            path=request.path,
            kind=kind_of(request.method, rest),
            status=status,
            ms=int((time.monotonic() - started) * 1000),
            items=list(g.get("items", [])),
            request_id=request.args.get("requestid") or None,
            replayed=bool(g.get("replayed", False)),
            intuit_tid=tid,
        )
    )
