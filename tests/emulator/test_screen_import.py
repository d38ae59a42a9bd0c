"""Customers out of a CSV file: look first, then the good rows or nothing."""

import csv
import html
import io
import re

import pytest
import requests

from tests.emulator.bookkeeper import Bookkeeper
from tests.emulator.test_webhooks import hook, receiver, told  # noqa: F401 - fixtures

ROWS = (
    "Display Name;E-mail address;City;Terms;Taxable;Shoe size\r\n"
    "Fernhill Bakery;rosa@fernhill.example;Bath;net 15;no;41\r\n"
    "Juniper Market;;Bath;;;\r\n"
    "fernhill bakery;;;;;\r\n"
    "Bad Mail;nope;;;;\r\n"
    ";x@y.example;;;;\r\n"
    "No Terms;;;Net 45;;\r\n"
    "Maybe;;;;perhaps;\r\n"
    "Too Long;;;;;;;surplus\r\n"
    "\r\n"
    '"Mill; ""Old""";;;;yes;\r\n'
)


@pytest.fixture
def person(emulator, qbo):
    someone = Bookkeeper(emulator, qbo.realm)
    yield someone
    someone.close()


def names(qbo):
    return {row["DisplayName"] for row in qbo.rows("SELECT * FROM Customer MAXRESULTS 1000")}


def test_a_look_shows_each_problem_beside_its_row_and_saves_nothing(qbo, person, hook):  # noqa: F811 - the fixture
    before = names(qbo)
    page = person.upload("customers.csv", b"\xef\xbb\xbf" + ROWS.encode())
    assert "2 of 9 rows can be imported. 7 can't" in page.said
    assert "Nothing is saved yet" in page.said
    for problem in (
        "“Juniper Market” is already a customer here (ID 1).",
        "“Fernhill Bakery” is already in row 2 of this file.",
        "not an e-mail address",
        "DisplayName is empty.",
        "There are no terms “Net 45” in this company.",
        "Taxable is yes or no, not “perhaps”.",
        "This row has more cells than there are columns.",
        "Not used, because the columns mean nothing here: Shoe size.",
    ):
        assert problem in page.text
    assert names(qbo) == before
    assert told(qbo, hook) == []


def test_every_fault_of_a_row_is_said_at_once_and_in_plain_words(qbo, person):
    heading = "DisplayName,CompanyName,Email,Phone,Terms,Taxable,City,Line1,Line2,ShipCity,surplus"
    long = "x" * 1100
    content = (
        f"{heading}\r\n"
        f"Juniper Market,{'c' * 101},nope,{'5' * 31},Net 45,perhaps,{'b' * 256},,,\u661f,\r\n"
        f"Right : wrong,,,,,,,{long},{long},Bath,\r\n"
        ",,also@nope,,,,,,,,,more\r\n"
        "Fine,,,,,,,,,,\r\n"
    )
    page = person.upload("faults.csv", content.encode())
    assert "1 of 4 rows can be imported. 3 can't; every reason stands beside each." in page.said
    first, second, third = re.findall(r'<ul class="problems">(.*?)</ul>', html.unescape(page.answer.text), re.DOTALL)
    assert set(re.findall("<li>(.*?)</li>", first)) == {
        "Taxable is yes or no, not “perhaps”.",
        "There are no terms “Net 45” in this company.",
        "“Juniper Market” is already a customer here (ID 1).",
        "CompanyName is too long: 101 characters, 100 are the most.",
        "Email: “nope” is not an e-mail address. Write it like name@company.com.",
        "Phone is too long: 31 characters, 30 are the most.",
        "City is too long: 256 characters, 255 are the most.",
        "ShipCity has “\u661f”, a character that this company does not take.",
    }
    assert "DisplayName can't have a colon, a tab or a new line." in second
    assert "too long" in second
    assert set(re.findall("<li>(.*?)</li>", third)) == {
        "This row has more cells than there are columns.",
        "DisplayName is empty.",
        "Email: “also@nope” is not an e-mail address. Write it like name@company.com.",
    }
    assert "code" not in page.text.partition("Result")[2].lower()
    assert {"Fine", "Right : wrong"} & names(qbo) == set()
    person.confirm(page, "Import 1 customer")
    assert "Fine" in names(qbo)
    assert not any(name.startswith("Row ") for name in names(qbo))


def test_the_good_rows_are_imported_with_all_they_say(qbo, person, hook):  # noqa: F811 - the fixture
    look = person.upload("customers.csv", ROWS.encode())
    done = person.confirm(look, "Import 2 customers")
    assert done.said.endswith("2 customers imported.")
    made = qbo.first("Customer", "WHERE DisplayName = 'Fernhill Bakery'")
    assert (made["PrimaryEmailAddr"]["Address"], made["Taxable"]) == ("rosa@fernhill.example", False)
    assert made["SalesTermRef"]["name"] == "Net 15"
    assert made["BillAddr"]["City"] == made["ShipAddr"]["City"] == "Bath"
    assert 'Mill; "Old"' in names(qbo)
    assert [event[0::2] for event in told(qbo, hook)] == [("customer", "Create")] * 2


def test_nothing_is_imported_when_the_company_changed_after_the_look(qbo, person):
    look = person.upload("customers.csv", b"DisplayName\nAlpha\nBeta\n")
    qbo.create("Customer", {"DisplayName": "Beta"})
    done = person.confirm(look, "Import 2 customers")
    assert done.status == 400
    assert "nothing was imported" in done.refused
    assert "Alpha" not in names(qbo)
    again = person.confirm(done, "Import 1 customer")
    assert again.said.endswith("1 customer imported.")
    assert "Alpha" in names(qbo)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a file first|This file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "This file is empty"),
        ("DisplayName\nMüller\n".encode("latin-1"), "not in UTF-8"),
        (b"a,b\n1,2\n", "one of them must be DisplayName"),
        (b"DisplayName,Name\n1,2\n", "The column DisplayName is there twice"),
        (b'DisplayName\n"Open\n', "a quotation mark that does not end"),
        (b"DisplayName\nNul\0l\n", "not a text"),
        (b"DisplayName\n" + b"x\n" * 1001, "1001 rows; 1000 is the most"),
        (b"DisplayName\n" + b"x" * 1024 * 1024, "larger than 1 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(person, content, sentence):
    page = person.upload("customers.csv", content)
    assert page.status == 400
    assert any(part in page.refused for part in sentence.split("|")), page.refused
    assert not any(button.startswith("Import") for form in page.forms for button in form.buttons)


def test_the_template_can_be_imported_as_it_is(person, qbo):
    answer = requests.get(f"{person.base}/customers/template.csv", timeout=20)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    look = person.upload("customers.csv", answer.content)
    assert "1 of 1 row can be imported" in look.said
    person.confirm(look, "Import 1 customer")
    made = qbo.first("Customer", f"WHERE DisplayName = '{row['DisplayName']}'")
    assert made["BillAddr"]["CountrySubDivisionCode"] == row["State"]
    assert made["PrimaryPhone"]["FreeFormNumber"] == row["Phone"]


def test_tabs_and_commas_separate_too(person):
    assert "1 of 1 row" in person.upload("a.csv", b"DisplayName\tCity\nTabbed\tBath\n").said
    assert "1 of 1 row" in person.upload("a.csv", b'DisplayName,City\n"Comma, Inc",Bath\n').said


def test_a_thousand_rows_are_imported_at_once(qbo, person):
    content = "DisplayName,Email\n" + "".join(f"Bulk {n:04},b{n}@bulk.example\n" for n in range(1000))
    done = person.confirm(person.upload("many.csv", content.encode()), "Import 1000 customers")
    assert done.said.endswith("1000 customers imported.")
    count = qbo.query("SELECT count(*) FROM Customer WHERE DisplayName LIKE 'Bulk%'").json()
    assert count["QueryResponse"]["totalCount"] == 1000
