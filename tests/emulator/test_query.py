"""The query language: what it takes, what it means, and what it refuses."""

import pytest
from quickbooks.objects.invoice import Invoice

from tests.emulator.conftest import error_of


def names(rows):
    return [row["DisplayName"] for row in rows]


ALL = ["Blue Door Bistro", "Juniper Market", "O'Malley's Grocery", "Saltbox Cafe"]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("", ALL),
        (" ", ALL),
        (r"WHERE DisplayName = 'O\'Malley\'s Grocery'", [ALL[2]]),
        ("where displayname = 'JUNIPER market'", [ALL[1]]),
        ("WHERE DisplayName LIKE '%Ca%'", [ALL[3]]),
        ("WHERE DisplayName LIKE '%_%'", []),
        ("WHERE DisplayName LIKE 'blue%' AND Active = true", [ALL[0]]),
        ("WHERE DisplayName IN ('Juniper Market','Saltbox Cafe', 'Nobody')", [ALL[1], ALL[3]]),
        ("WHERE DisplayName > 'K'", ALL[2:]),
        ("WHERE DisplayName >= 'Juniper Market' AND DisplayName <= 'O\\'Malley\\'s Grocery'", ALL[1:3]),
        ("WHERE DisplayName < 'C'", ALL[:1]),
        ("WHERE Active = False", ["Old Mill Deli (deleted)"]),
        ("WHERE Active IN (true, false)", [*ALL[:3], "Old Mill Deli (deleted)", ALL[3]]),
        ("WHERE Balance > '100'", [ALL[1], ALL[3]]),
        ("WHERE Balance > 100.5", [ALL[1], ALL[3]]),
        ("WHERE Balance = 0", [ALL[0], ALL[2]]),
        ("WHERE PrimaryEmailAddr = 'HELLO@saltboxcafe.example'", [ALL[3]]),
        ("WHERE PrimaryEmailAddr = ' '", [ALL[0]]),
        ("WHERE PrimaryEmailAddr.Address LIKE '%SALTBOX%'", [ALL[3]]),
        ("WHERE Balance > .5 AND Balance > '.5'", [ALL[1], ALL[3]]),
        ("WHERE Id = '1'", ["Juniper Market"]),
        ("WHERE MetaData.CreateTime > '2015-01-01'", ALL),
        ("WHERE Metadata.LastUpdatedTime > '2015-01-01T00:00:00-07:00'", ALL),
        ("WHERE MetaData.LastUpdatedTime > '2999-01-01T00:00:00Z'", []),
        ("ORDERBY DisplayName DESC", ALL[::-1]),
        ("ORDER BY Id", [ALL[1], ALL[3], ALL[2], ALL[0]]),
        ("order by FamilyName desc, DisplayName asc MAXRESULTS 2", ALL[:2]),
        ("STARTPOSITION 2 MAXRESULTS 2", ALL[1:3]),
        ("MAXRESULTS 2 STARTPOSITION 2", ALL[1:3]),
        ("STARTPOSITION 4 MAXRESULTS 1000", ALL[3:]),
        ("STARTPOSITION 5", []),
    ],
)
def test_the_grammar(qbo, clause, expected):
    assert names(qbo.rows(f"SELECT * FROM Customer {clause}")) == expected


def test_an_empty_result_is_an_empty_object(qbo):
    assert qbo.query("SELECT * FROM Customer WHERE Id = '999'").json()["QueryResponse"] == {}


def test_the_answer_echoes_start_and_counts_rows(qbo):
    found = qbo.query("select * from Customer startposition 3 maxresults 10").json()["QueryResponse"]
    assert (found["startPosition"], found["maxResults"], "totalCount" in found) == (3, 2, False)


def test_counts(qbo):
    assert qbo.query("SELECT count(*) FROM Customer").json()["QueryResponse"] == {"totalCount": 4}
    assert qbo.query("select COUNT ( * ) from Invoice where TotalAmt > 100 ").json()["QueryResponse"]["totalCount"] == 2


def test_get_and_post_give_the_same(qbo):
    made = qbo.create("Customer", {"DisplayName": "Salt & Pepper"})
    statement = "SELECT * FROM Customer WHERE DisplayName LIKE '%t & P%'"
    assert qbo.get("query", query=statement).json()["QueryResponse"]["Customer"] == [made] == qbo.rows(statement)
    statement = "SELECT * FROM Item ORDERBY Name"
    got, posted = qbo.get("query", query=statement), qbo.query(statement)
    assert got.json()["QueryResponse"] == posted.json()["QueryResponse"]
    assert got.headers["Content-Type"] == "application/json;charset=utf-8"


def test_a_field_list_gives_these_fields(qbo):
    (row,) = qbo.rows("SELECT DisplayName, MetaData.CreateTime FROM Customer WHERE DisplayName = 'Saltbox Cafe'")
    assert set(row) == {"DisplayName", "MetaData", "Id", "domain", "sparse"}
    assert set(row["MetaData"]) == {"CreateTime"}


def test_star_and_a_field_give_everything(qbo):
    assert qbo.rows("SELECT *, Sku FROM Item") == qbo.rows("SELECT * FROM Item")


def test_invoices_are_found_by_number_customer_and_dates(qbo):
    (found,) = qbo.rows("SELECT * FROM Invoice WHERE DocNumber = 'hp-1001'")
    customer = found["CustomerRef"]["value"]
    assert qbo.rows(f"SELECT * FROM Invoice WHERE CustomerRef = '{customer}'") == [found]
    assert qbo.rows(f"SELECT * FROM Invoice WHERE TxnDate = '{found['TxnDate']}' AND DocNumber = 'HP-1001'") == [found]
    assert qbo.rows("SELECT * FROM Invoice WHERE DueDate < '2001-01-01'") == []
    assert len(qbo.rows("SELECT * FROM Invoice WHERE DocNumber IN ('HP-1001', 'HP-1002')")) == 2


def test_a_reference_may_be_named_by_its_value(qbo):
    customer = qbo.first("Customer", "WHERE DisplayName = 'Saltbox Cafe'")
    by_reference = qbo.rows(f"SELECT * FROM Invoice WHERE CustomerRef = '{customer['Id']}'")
    assert by_reference
    assert qbo.rows(f"SELECT * FROM Invoice WHERE customerref.value = '{customer['Id']}'") == by_reference
    (term,) = {row["SalesTermRef"]["value"] for row in by_reference}
    assert by_reference[0] in qbo.rows(f"SELECT * FROM Invoice WHERE SalesTermRef.Value IN ('{term}')")
    (row, *_) = qbo.rows(f"SELECT CustomerRef.value FROM Invoice WHERE CustomerRef = '{customer['Id']}'")
    assert row["CustomerRef"] == {"value": customer["Id"]}


def test_a_member_of_a_list_is_found_wherever_it_stands(qbo):
    def link(kind, object_id):
        return {"EntityRef": {"type": kind, "value": object_id}}

    invoice = qbo.create("Invoice", qbo.invoice())["Id"]
    both = qbo.create("Attachable", {"Note": "b", "AttachableRef": [link("Customer", "1"), link("Invoice", invoice)]})
    other = qbo.create("Attachable", {"Note": "o", "AttachableRef": [link("Invoice", invoice), link("Customer", "2")]})
    alone = qbo.create("Attachable", {"Note": "none"})

    def found(where):
        return [row["Id"] for row in qbo.rows(f"SELECT * FROM Attachable WHERE {where} ORDERBY Id")]

    kind, number = "AttachableRef.EntityRef.Type", "AttachableRef.EntityRef.value"
    assert found(f"{kind} = 'Invoice' AND {number} = '{invoice}'") == [both["Id"], other["Id"]]
    # Type and value are those of one and the same member.
    assert found(f"{kind} = 'Invoice' AND {number} = '1'") == []
    assert found(f"{kind} = 'Customer' AND Note = 'o' AND {number} IN ('1', '2')") == [other["Id"]]
    assert found(f"{kind} = ' '") == [alone["Id"]]


def test_transactions_come_newest_change_first(qbo):
    first = qbo.first("Invoice", "WHERE DocNumber = 'HP-1001'")
    assert [row["DocNumber"] for row in qbo.rows("SELECT * FROM Invoice")] == ["HP-1002", "HP-1001"]
    qbo.create("Invoice", {"Id": first["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    assert [row["DocNumber"] for row in qbo.rows("SELECT * FROM Invoice")] == ["HP-1001", "HP-1002"]


def test_a_backslash_is_written_twice(qbo):
    qbo.create("Customer", {"DisplayName": r"Back\slash"})
    assert names(qbo.rows(r"SELECT * FROM Customer WHERE DisplayName = 'Back\\slash'")) == [r"Back\slash"]
    assert names(qbo.rows(r"SELECT * FROM Customer WHERE DisplayName LIKE '%\\%'")) == [r"Back\slash"]


def test_the_name_of_an_entity_is_known_in_any_case_until_a_switch_says_otherwise(emulator, qbo):
    exact = qbo.query("SELECT * FROM Customer").json()["QueryResponse"]
    assert qbo.query("select * from customer").json()["QueryResponse"] == exact
    emulator.switch(case_sensitive_entities=True)
    assert error_of(qbo.query("select * from customer"))["Detail"] == (
        "QueryValidationError: invalid context declaration: customer"
    )
    assert qbo.query("SELECT * FROM Customer").json()["QueryResponse"] == exact


def test_the_link_of_an_invoice_comes_when_it_is_asked_for(qbo):
    made = qbo.create("Invoice", qbo.invoice())
    assert "InvoiceLink" not in made
    one = qbo.get(f"invoice/{made['Id']}", include="invoiceLink").json()["Invoice"]
    assert one.pop("InvoiceLink").startswith("https://")
    assert one == made
    statement = f"SELECT * FROM Invoice WHERE Id IN ('{made['Id']}', '1')"
    asked = qbo.get("query", query=statement, include="invoiceLink").json()["QueryResponse"]["Invoice"]
    links = [row.pop("InvoiceLink") for row in asked]
    assert asked == qbo.rows(statement)
    assert len(set(links)) == len(links)
    listed = qbo.get("query", query="SELECT DocNumber, InvoiceLink FROM Invoice", include="invoiceLink").json()
    assert all(row["InvoiceLink"] for row in listed["QueryResponse"]["Invoice"])
    customers = qbo.get("query", query="SELECT * FROM Customer", include="invoiceLink").json()
    assert not any("InvoiceLink" in row for row in customers["QueryResponse"]["Customer"])


def test_python_quickbooks_asks_for_the_link_of_an_invoice(qbo, library):
    made = qbo.create("Invoice", qbo.invoice())
    invoice = Invoice.get(made["Id"], qb=library, params={"include": "invoiceLink"})
    assert invoice.InvoiceLink.startswith("https://")
    assert invoice.save(qb=library).SyncToken == "1"


def test_company_info_can_be_queried(qbo):
    assert qbo.rows("select * from CompanyInfo")[0]["CompanyName"] == "Harbor & Pine Provisions LLC"


@pytest.mark.parametrize(
    ("statement", "code", "detail"),
    [
        ("SELECT * FROM Custmoer", "4001", "QueryValidationError: invalid context declaration: Custmoer"),
        ("SELECT * FROM Customer STARTPOSITION 0", "4001", "value 0 is too small. Min allowed value is 1"),
        ("SELECT * FROM Customer MAXRESULTS 1001", "4001", "value 1001 is too large. Max allowed value is 1000."),
        ("SELECT * FROM Customer WHERE Nonsense = '1'", "4001", "Property Nonsense not found for Entity Customer"),
        ("SELECT Nonsense FROM Customer", "4001", "Property Nonsense not found"),
        ("SELECT * FROM Customer WHERE Notes = '1'", "4001", "property 'Notes' is not queryable"),
        ("SELECT * FROM Invoice ORDERBY TotalAmt", "4001", "property 'TotalAmt' is not sortable"),
        ("SELECT * FROM Customer WHERE Balance = 'many'", "4001", "Invalid value"),
        ("SELECT * FROM Customer WHERE MetaData.CreateTime > 'yesterday'", "4001", "Invalid value"),
        ("SELECT * FROM Customer WHERE Active = 'perhaps'", "4001", "Invalid value"),
        ("SELECT * FROM Customer WHERE Active LIKE '1'", "4001", "LIKE"),
        ("SELECT * FROM Invoice WHERE MetaData.CreateTime LIKE '%'", "4001", "LIKE"),
        ("SELECT * FROM Invoice WHERE CustomerRef.name = 'x'", "4001", "Property CustomerRef.name not found"),
        ("SELECT * FROM Attachable ORDERBY AttachableRef", "4001", "not sortable"),
        (
            "SELECT * FROM Customer WHERE DisplayName = 'a' OR DisplayName = 'b'",
            "4000",
            "QueryParserError: Encountered",
        ),
        ("SELECT * FROM Customer WHERE DisplayName != 'a'", "4000", "QueryParserError: Encountered"),
        ("SELECT * FROM Customer WHERE (DisplayName = 'a')", "4000", "QueryParserError"),
        ("SELECT * FROM Customer, Item", "4000", "QueryParserError"),
        ("SELECT * FROM Customer GROUP BY Id", "4000", "QueryParserError"),
        ("SELECT * FROM Customer WHERE DisplayName = 'O''Malley'", "4000", "QueryParserError"),
        ("SELECT * FROM Customer MAXRESULTS 1 MAXRESULTS 2", "4000", "QueryParserError"),
        ("null", "4000", "at line 1, column 1."),
        ("SELECT *", "4000", '"<EOF>"'),
        ("", "4000", "QueryParserError"),
        ("DELETE FROM Customer", "4000", "QueryParserError"),
    ],
)
def test_what_is_refused(qbo, statement, code, detail):
    error = error_of(qbo.query(statement))
    assert error["code"] == code
    assert detail in error["Detail"]
    assert error["Message"] == {"4000": "Error parsing query", "4001": "Invalid query"}[code]
    assert "element" not in error


def test_a_cap_on_rows_can_be_chosen(emulator, qbo):
    emulator.switch(cap_max_results=True)
    assert len(qbo.rows("SELECT * FROM Customer MAXRESULTS 5000")) == 4


def test_a_hundred_rows_come_without_maxresults(qbo):
    items = [{"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"Row {n:03}"}} for n in range(30 * 4)]
    for start in range(0, len(items), 30):
        assert qbo.post("batch", {"BatchItemRequest": items[start : start + 30]}).status_code == 200
    assert len(qbo.rows("SELECT * FROM Customer")) == 100
    assert len(qbo.rows("SELECT * FROM Customer MAXRESULTS 1000")) == 124
