"""A person in front of the emulator's screen, without a browser: opens pages, fills in their forms, presses buttons."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from qbo_emulator.testing import RunningEmulator


@dataclass
class Form:
    """A form of a page: where it goes, what stands in its fields, and its buttons."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside: Form | None = None
        self._select = self._area = self._button = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._inside = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._inside)
        if self._inside is None:
            return
        if name:
            self._inside.names.add(name)
        match tag:
            case "input" if given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    self._inside.values[name] = given.get("value", "on")
            case "input":
                self._inside.values[name] = given.get("value", "")
            case "select":
                self._select = name
            case "option" if self._select and ("selected" in given or self._select not in self._inside.values):
                self._inside.values[self._select] = given["value"]
            case "textarea":
                self._area, self._words = name, []
            case "button":
                self._button, self._words = f"{name}={given.get('value', '')}", []

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if self._inside is None:
            return
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._inside.values[self._area] = "".join(self._words)
        elif tag == "button":
            name, _, value = self._button.partition("=")
            self._inside.buttons["".join(self._words).strip()] = (name, value)


class Page:
    """What came back."""

    def __init__(self, answer: requests.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.url = answer.url

    @property
    def text(self) -> str:
        """What a person reads: no tags, one space between words."""
        body = self.answer.text.partition('<main id="content"')[2].partition(">")[2] or self.answer.text
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", body))).strip()

    @property
    def forms(self) -> list[Form]:
        """The forms of the page."""
        parser = _Forms()
        parser.feed(self.answer.text)
        return parser.forms

    @property
    def links(self) -> dict[str, str]:
        """The address behind each link, by its words."""
        found = re.findall(r'<a[^>]*href="([^"]*)"[^>]*>(.*?)</a>', self.answer.text, re.DOTALL)
        return {re.sub(r"<[^>]*>", "", words).strip(): html.unescape(address) for address, words in found}

    @property
    def refused(self) -> str:
        """The sentence beside the form, empty when nothing was refused."""
        return self._box("alert")

    @property
    def said(self) -> str:
        """What the program says it did."""
        return self._box("status")

    def _box(self, role: str) -> str:
        found = re.search(rf'role="{role}"[^>]*>(.*?)</(?:p|div)>', self.answer.text, re.DOTALL)
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", found[1]))).strip() if found else ""


class Bookkeeper:
    """A person who works in one company."""

    def __init__(self, emulator: RunningEmulator, realm: str) -> None:
        self.base = f"{emulator.url}/app/{realm}"
        self.session = requests.Session()

    def open(self, path: str = "", status: int = 200) -> Page:
        """Open a page of the company, or any address."""
        page = Page(self.session.get(urljoin(self.base, path) if "://" in path else self.base + path, timeout=20))
        assert page.status == status, page.text
        return page

    def press(self, path: str, button: str, typed: dict[str, Any] | None = None, **more: Any) -> Page:
        """Fill in the form with this button, press it and follow the redirect. None unticks a box."""
        page = self.open(path)
        form = next(form for form in page.forms if button in form.buttons)
        changes = {**(typed or {}), **more}
        unknown = [name for name in changes if name not in form.names]
        assert not unknown, f"{path} has no field {unknown}"
        values = {**form.values, **changes}
        name, value = form.buttons[button]
        if name:
            values[name] = value
        sent = {name: value for name, value in values.items() if value is not None}
        address = urljoin(page.url, form.action) if form.action else page.url
        return Page(self.session.post(address, data=sent, timeout=20))

    def upload(self, name: str, content: bytes) -> Page:
        """Choose a CSV file of customers and look at its rows."""
        files = {"file": (name, content, "text/csv")}
        return Page(self.session.post(f"{self.base}/customers/import", files=files, timeout=20))

    def confirm(self, page: Page, button: str) -> Page:
        """Press a button of a page that is already open."""
        form = next(form for form in page.forms if button in form.buttons)
        return Page(self.session.post(urljoin(page.url, form.action), data=form.values, timeout=20))

    def close(self) -> None:
        """Go home."""
        self.session.close()
