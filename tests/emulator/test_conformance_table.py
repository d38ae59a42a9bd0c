"""The conformance table of the README: every row is whole, has a known mark and names a test that exists."""

import ast
import re
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import pytest

from qbo_emulator.switches import Switches

HERE = Path(__file__).parent
README = HERE.parents[1] / "qbo_emulator" / "README.md"
SECTION = "## Conformance"
HEADER = ["Behaviour", "Mark", "Test"]
LETTERS = ("I", "R", "L", "S", "?")
MARK = re.compile(r"(?P<sources>[^()]+?)(?: \(switch (?P<switch>\w+)\))?")
# What these show is the emulator's own, nothing that QuickBooks Online does.
WITHOUT_A_ROW = ("test_screen", "test_benchmarks", "test_hostile", "test_crash", "test_conformance_table")


@dataclass(frozen=True)
class Row:
    """One row of the table, and the line of the README on which it stands."""

    line: int
    cells: tuple[str, ...]

    @property
    def test(self) -> str:
        return self.cells[-1].strip("`")


def rows_of(text: str) -> list[Row]:
    """The rows of every table of the section; none without the section."""
    rows, inside = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            inside = line.rstrip() == SECTION
        elif inside and line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if cells != HEADER and set("".join(cells)) != {"-"}:
                rows.append(Row(number, tuple(cells)))
    return rows


def problems_of(row: Row) -> list[str]:
    """What is wrong with a row, in words."""
    if len(row.cells) != len(HEADER) or not all(row.cells):
        return [f"line {row.line}: not {len(HEADER)} cells"]
    found = []
    mark = MARK.fullmatch(row.cells[1])
    if mark is None or not (mark["sources"] == "ours" or set(mark["sources"].split(", ")) <= set(LETTERS)):
        found.append(f"line {row.line}: the mark {row.cells[1]} is none of {', '.join(LETTERS)} and ours")
    elif mark["switch"] and mark["switch"] not in {field.name for field in fields(Switches)}:
        found.append(f"line {row.line}: there is no switch {mark['switch']}")
    if row.test not in known_tests():
        found.append(f"line {row.line}: there is no test {row.test}")
    return found


@cache
def known_tests() -> frozenset[str]:
    """Every test function of these modules, as path::name."""
    return frozenset(
        f"{path.relative_to(HERE).as_posix()}::{node.name}"
        for path in HERE.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@pytest.fixture
def rows() -> list[Row]:
    return rows_of(README.read_text(encoding="utf-8"))


def test_the_readme_has_the_table(rows: list[Row]) -> None:
    assert rows, f"{SECTION} is missing in {README.name}, or has no table"


def test_every_row_is_whole_and_true_to_marks_switches_and_tests(rows: list[Row]) -> None:
    assert [problem for row in rows for problem in problems_of(row)] == []


def test_no_behaviour_stands_there_twice(rows: list[Row]) -> None:
    behaviours = [row.cells[0] for row in rows]
    assert sorted(set(behaviours)) == sorted(behaviours)


def test_every_module_of_tests_is_named_by_a_row(rows: list[Row]) -> None:
    modules = {test.partition("::")[0] for test in known_tests()}
    wanted = {module for module in modules if not Path(module).name.startswith(WITHOUT_A_ROW)}
    assert wanted - {row.test.partition("::")[0] for row in rows} == set()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("| Works | R |", "not 3 cells"),
        ("| Works | | `test_cdc.py::test_bad_parameters` |", "not 3 cells"),
        ("| Works | X | `test_cdc.py::test_bad_parameters` |", "the mark X"),
        ("| Works | I, ours | `test_cdc.py::test_bad_parameters` |", "the mark I, ours"),
        ("| Works | S (switch dragons) | `test_cdc.py::test_bad_parameters` |", "no switch dragons"),
        ("| Works | S (switch unicode | `test_cdc.py::test_bad_parameters` |", "the mark S (switch unicode"),
        ("| Works | S | `test_cdc.py::test_dragons` |", "no test test_cdc.py::test_dragons"),
        ("| Works | S | `test_dragons.py::test_bad_parameters` |", "no test test_dragons.py"),
    ],
)
def test_a_wrong_row_would_be_found(line: str, problem: str) -> None:
    (row,) = rows_of(f"{SECTION}\n\n| Behaviour | Mark | Test |\n|---|---|---|\n{line}\n## Other\n| a |\n")
    (found,) = problems_of(row)
    assert problem in found


@pytest.mark.parametrize("mark", ["I", "R, S", "?", "ours", "S (switch unicode)", "ours (switch void_paid_invoices)"])
def test_a_right_row_is_accepted(mark: str) -> None:
    (row,) = rows_of(f"{SECTION}\n| Works | {mark} | `test_cdc.py::test_bad_parameters` |")
    assert problems_of(row) == []
