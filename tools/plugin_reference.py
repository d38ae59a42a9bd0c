"""Write the tables of docs/plugins.md from the docstrings of the host: `make docs`.

The text between `<!-- reference -->` and `<!-- end of reference -->` is made here; the rest is written by hand. With
`--check`, nothing is written, and the exit code says whether the tables are current.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import erp_core.toolkit
from erp_core.plugins import guards, hooks, slots
from erp_core.plugins.contract import Plugin
from erp_core.toolkit import Actor, Cause, NeedsAttention, Permission, RetryLater, Run, Schedule

PAGE = Path(__file__).resolve().parent.parent / "docs" / "plugins.md"
BEGIN, END = "<!-- reference -->", "<!-- end of reference -->"

GROUPS = {
    "erp_core.plugins": "Declaring",
    "erp_core.access": "Who acts, and what they may do",
    "erp_core.config": "The server",
    "erp_core.clock": "The server",
    "erp_core.extensions": "The server",
    "erp_core.errors": "Errors for people",
    "erp_core.jobs": "Work in the background",
    "erp_core.models.types": "Columns",
    "erp_core.models": "Records",
    "erp_core.services": "Verbs",
    "erp_core.money": "Money",
}

SHOWN_WITH_PARAMETERS = (
    slots.ApiField,
    slots.BulkAction,
    slots.ListColumn,
    slots.ListFilter,
    slots.MenuItem,
    Actor,
    Cause,
    NeedsAttention,
    Permission,
    RetryLater,
    Schedule,
)
SHOWN_MEMBERS: dict[type, tuple[str, ...]] = {
    Run: ("transaction", "finish", "fail", "failing", "retry", "retrying", "check"),
}


def render() -> str:
    """The generated part of the page."""
    parts = [
        _table("What a plugin may declare", ("Member of `Plugin`", "What it is"), _declarations()),
        _table("Events", ("Event", "Carries", "Means"), _frozen(hooks, hooks.Event, hooks.InstanceEvent)),
        _table("Intentions", ("Intention", "Carries", "Means"), _frozen(guards, guards.Intention)),
        _table("Slots", ("Slot", "Takes", "What belongs there"), _slots()),
        "### The toolkit\n\nEverything that `erp_core.toolkit` offers; a plugin imports nothing else of the host.\n",
        *(_table(title, ("Name", "What it is"), rows, level=4) for title, rows in _toolkit().items()),
    ]
    return "\n".join(parts)


def page(text: str) -> str:
    """The whole page with its generated part made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{render()}\n{END}{after}"


def _table(title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], *, level: int = 3) -> str:
    lines = [f"{'#' * level} {title}", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _declarations() -> Iterator[tuple[str, str]]:
    yield "`settings`", "The classes of declared settings, one for each scope."
    yield (
        "`permissions`",
        "What roles of a tenant may do with this plugin; names begin with the plugin's name and a dot.",
    )
    for name, member in vars(Plugin).items():
        if inspect.isfunction(member):
            yield f"`{name}{_parameters(member, skip=1)}`", _sentence(member)
    documented = _documented_attributes(Plugin.__module__)
    yield "`name`, `version`", "Filled in by the loader, from the entry point and its distribution."
    yield "`config`", documented["config"]


def _frozen(module: ModuleType, base: type, *also: type) -> Iterator[tuple[str, str, str]]:
    for name, cls in vars(module).items():
        if isinstance(cls, type) and issubclass(cls, base) and is_dataclass(cls) and cls not in (base, *also):
            yield f"`{name}`", ", ".join(f"`{field.name}`" for field in fields(cls)), _sentence(cls)


def _slots() -> Iterator[tuple[str, str, str]]:
    aliases = {"ForInvoice": "Callable[[Session, Invoice], Markup]", "ForOrder": "Callable[[Session, Order], Markup]"}
    for name, value in vars(slots).items():
        if isinstance(value, slots.Slot):
            takes = str(slots.__annotations__[name]).removeprefix("Slot[").removesuffix("]")
            yield f"`{name}`", f"`{aliases.get(takes, takes)}`", value.about


def _toolkit() -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {title: [] for title in GROUPS.values()}
    tree = ast.parse(inspect.getsource(erp_core.toolkit))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                shown, module = alias.asname or alias.name, node.module or ""
                value = getattr(erp_core.toolkit, shown)
                group = _group(f"{module}.{alias.name}" if isinstance(value, ModuleType) else module)
                groups[group] += _entries(shown, alias.name, module, value)
    return {title: sorted(rows, key=lambda row: row[0].lower()) for title, rows in groups.items()}


def _group(module: str) -> str:
    return next(title for start, title in GROUPS.items() if module.startswith(start))


def _entries(shown: str, name: str, module: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, ModuleType):
        yield f"`{shown}`", _sentence(value)
        for member, function in vars(value).items():
            if inspect.isfunction(function) and function.__module__ == value.__name__ and not member.startswith("_"):
                yield f"`{shown}.{member}{_parameters(function)}`", _sentence(function)
    elif inspect.isfunction(inspect.unwrap(value)):
        yield f"`{shown}{_parameters(value)}`", _sentence(value)
    elif isinstance(value, slots.Slot) or (
        isinstance(value, type) and issubclass(value, (hooks.Event, guards.Intention))
    ):
        return  # they have tables of their own
    elif isinstance(value, type):
        yield f"`{shown}{_parameters(value) if value in SHOWN_WITH_PARAMETERS else ''}`", _sentence(value)
        for member in SHOWN_MEMBERS.get(value, ()):
            function = getattr(value, member)
            yield f"`{shown}.{member}{_parameters(function, skip=1)}`", _sentence(function)
    else:
        yield f"`{shown}`", _first(_documented_attributes(module)[name])


def _parameters(function: Any, skip: int = 0) -> str:
    """The names of the parameters; those after `*` are given by keyword, those with `=…` may be left out."""
    words, starred = [], False
    for parameter in list(inspect.signature(function).parameters.values())[skip:]:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            words.append("*")
            starred = True
        prefix = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        words.append(f"{prefix}{parameter.name}{'=…' if parameter.default is not parameter.empty else ''}")
    return f"({', '.join(words)})"


def _documented_attributes(module: str) -> dict[str, str]:
    """Names that are assigned and followed by a string, with that string; in the module and in its classes."""
    found: dict[str, str] = {}
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))):
        for node, after in pairwise(body):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[target.id] = str(after.value.value)
    return found


def _sentence(thing: Any) -> str:
    return _first(inspect.getdoc(thing) or "")


def _first(text: str) -> str:
    """The first paragraph on one line."""
    if not text:
        raise ValueError("Something that plugins use has no docstring.")
    return " ".join(text.split("\n\n")[0].split())


def main() -> int:
    """Write the page, or check it."""
    text = PAGE.read_text()
    wanted = page(text)
    if "--check" in sys.argv:
        return 0 if text == wanted else 1
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
