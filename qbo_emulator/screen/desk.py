"""What every page works with: its company, one transaction for what it does, and words for what was refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from flask import abort, g, render_template, request

from qbo_emulator import faults, operations
from qbo_emulator.books import Books
from qbo_emulator.rules.currency import home_currency
from qbo_emulator.screen.words import live_in
from qbo_emulator.tables import ENTITIES
from qbo_emulator.wire import Body

if TYPE_CHECKING:
    from qbo_emulator.emulator import Emulator

T = TypeVar("T")
Page = str | tuple[str, int]

SENTENCES = {
    "610": "This does not exist any more, or it is inactive.",
    "2210": "This is not an e-mail address. Write it like name@company.com, several of them with commas.",
    "5010": "This was changed while you were looking at it, so nothing was saved. Open it again and repeat your change.",
    "6140": "This number is already used by another transaction. Choose another number.",
    "6210": "The books are closed for this date. Choose a later date, or change the closing date in Settings.",
}
PREFIXES = ("Business Validation Error: ", "Invalid Reference Id : ", "The name supplied already exists. : ")


class WrongInput(Exception):
    """Something that was typed cannot be read; the text is a sentence for the person who typed it."""


@dataclass(frozen=True)
class Refusal:
    """Why something was not done: a sentence, and the code and message that a program gets for it."""

    sentence: str
    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, fault: faults.Fault) -> "Refusal":
        """A fault in words."""
        error = fault.errors[0]
        sentence = SENTENCES.get(error.code)
        if error.code == "2020" and error.element:
            sentence = f"{error.element.removeprefix('Line.')} is missing. Fill it in."
        if sentence is None:
            sentence = error.detail
            for prefix in PREFIXES:
                sentence = sentence.removeprefix(prefix)
        return cls(sentence, error.code, error.message)


class Desk:
    """The emulator as the pages see it."""

    def __init__(self, emulator: "Emulator") -> None:
        self.emulator = emulator

    def company(self, realm: str) -> str:
        """The name of a company, whose currency is that of the page from now on; the answer is 404 without one."""
        names = dict(self.emulator.companies())
        if realm not in names:
            abort(404)
        if "home_currency" not in g:
            with self.emulator.books(realm) as books:
                live_in(home_currency(books))
        return names[realm]

    def attempt(self, realm: str, act: Callable[[Books], T]) -> T | Refusal:
        """Act in one transaction; when it is refused nothing is written and the answer says why."""
        try:
            with self.emulator.books(realm) as books:
                return act(books)
        except faults.Fault as fault:
            return Refusal.of(fault)
        except WrongInput as wrong:
            return Refusal(str(wrong))

    def show(self, template: str, realm: str, here: str, refusal: Refusal | None = None, **values: Any) -> Page:
        """A page of a company; one that shows a refusal has status 400."""
        shown = render_template(
            f"emulator/{template}", realm=realm, company=self.company(realm), here=here, refusal=refusal, **values
        )
        return (shown, 400) if refusal else shown


def page_number() -> int:
    """The page that is asked for, from 1."""
    text = request.args.get("page", "1")
    return max(int(text), 1) if text.isdigit() and text.isascii() and len(text) < 7 else 1


def search_text() -> str:
    """What is searched for."""
    return request.args.get("q", "").strip()[:100]


def chosen(options: tuple[str, ...]) -> str:
    """The filter that is asked for, the first one when it is none of them."""
    wanted = request.args.get("show", "")
    return wanted if wanted in options else options[0]


def found(books: Books, kind: str, object_id: str) -> Body:
    """The object; the answer is 404 when there is none."""
    body = books.get(kind, object_id)
    if body is None:
        abort(404)
    return body


def party(books: Books, customer_id: str) -> Body:
    """The members that say whom a transaction is with, and in which currency."""
    customer = found(books, "Customer", customer_id)
    return {"CustomerRef": {"value": customer["Id"]}, "CurrencyRef": {"value": customer["CurrencyRef"]["value"]}}


def update(books: Books, kind: str, old: Body, **members: Any) -> Body:
    """A sparse update on top of the version that the person saw, whose SyncToken the form carries."""
    token = request.form.get("SyncToken") or old["SyncToken"]
    given = {"Id": old["Id"], "SyncToken": token, "sparse": True, **members}
    return operations.write(books, ENTITIES[kind], given)


def seen(old: Body) -> Body:
    """Which version of an object the person saw, as void and delete take it."""
    return {"Id": old["Id"], "SyncToken": request.form.get("SyncToken") or old["SyncToken"]}
