"""One call of the accounting API on its way in, and its answer on the way out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qbo_emulator import faults
from qbo_emulator.api.multipart import Part
from qbo_emulator.books import Books
from qbo_emulator.wire import Body, dumps, loads

LARGEST_BODY = 16 * 1024 * 1024
SUCCESS = "application/json;charset=utf-8"
ERROR = "application/json"


@dataclass
class Answer:
    """What goes back, and what the list of calls says about it.

    draw makes the body when the books are closed again, so that nobody waits for a long document.
    """

    body: str | bytes
    status: int = 200
    content_type: str = SUCCESS
    items: list[str] = field(default_factory=list)
    replayed: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    draw: Callable[[], bytes] | None = None


@dataclass
class Injected:
    """What a rule makes of a call: a fault, for the whole call or for some items of a batch; or a batch that ends
    after so many items. applied is set by whoever lets it happen."""

    fault: faults.Fault | None = None
    items: frozenset[int] | None = None
    stop_after: int | None = None
    applied: bool = False

    def refuse(self) -> None:
        """Raise the fault that is for the whole call, when there is one."""
        if self.fault is not None and self.items is None:
            self.applied = True
            raise self.fault

    @property
    def missed(self) -> bool:
        """Whether there was something to happen to the call that did not happen."""
        return not self.applied and (self.fault is not None or self.stop_after is not None)


def as_many_as_wanted() -> bool:
    """No read is refused."""
    return True


@dataclass(frozen=True)
class Asked:
    """A call: the books it is for, its path below the realm, its parameters and its body.

    files are the parts of an upload, or the fault that says why there are none; may_read counts a read and says whether it may be answered; done holds the answers of a batch's items that were
    executed when it came before."""

    books: Books
    parts: list[str]
    args: Mapping[str, str]
    raw: bytes
    content_type: str
    host_url: str
    now: str
    accept: str | None = "*/*"
    injected: Injected = field(default_factory=Injected)
    may_read: Callable[[], bool] = as_many_as_wanted
    done: tuple[Body, ...] = ()
    files: Sequence[tuple[str, Part]] | faults.Fault = ()

    def text(self) -> str:
        """The body as text; faults for what is not UTF-8 or too large."""
        if len(self.raw) > LARGEST_BODY:
            raise faults.bad_property("The request is too large")
        try:
            return self.raw.decode("utf-8")
        except UnicodeDecodeError:
            raise faults.unsupported(
                "MalformedByteSequenceException: Invalid byte 1 of 1-byte UTF-8 sequence"
            ) from None

    def payload(self) -> Any:
        """The JSON of the body; faults for what is not UTF-8, not JSON, too large or too deep."""
        raw = self.text()
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

    def include(self) -> frozenset[str]:
        """The words of the parameter include."""
        return frozenset(part.strip().lower() for part in self.args.get("include", "").split(",") if part.strip())

    def envelope(self, content: Body) -> Answer:
        """An answer with its time."""
        return Answer(dumps({**content, "time": self.now}))
