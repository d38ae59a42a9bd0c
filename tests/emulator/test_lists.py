"""Employees, ways to pay, departments and classes, and which entities take members that nobody knows."""

import pytest
from quickbooks.objects.department import Department
from quickbooks.objects.employee import Employee
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.trackingclass import Class

LISTS = ["Employee", "PaymentMethod", "Department", "Class", "Term"]


def name_of(entity):
    return "DisplayName" if entity == "Employee" else "Name"


@pytest.mark.parametrize("entity", LISTS)
def test_a_name_is_made_read_changed_queried_and_closed(qbo, entity):
    field = name_of(entity)
    made = qbo.create(entity, {field: "Walnut"})
    assert (made["SyncToken"], made["Active"], made["domain"]) == ("0", True, "QBO")
    assert qbo.get(f"{entity.lower()}/{made['Id']}").json()[entity] == made
    assert qbo.rows(f"SELECT * FROM {entity} WHERE {field} = 'walnut'") == [made]
    key = {"Id": made["Id"], "sparse": True}
    renamed = qbo.create(entity, {**key, "SyncToken": "0", field: "Hazel"})
    assert (renamed[field], renamed["SyncToken"]) == ("Hazel", "1")
    assert qbo.fault(entity.lower(), {**key, "SyncToken": "0", field: "Late"})["code"] == "5010"
    closed = qbo.create(entity, {**key, "SyncToken": "1", "Active": False})
    assert closed[field] == "Hazel (deleted)"
    assert qbo.rows(f"SELECT * FROM {entity} WHERE {field} LIKE 'Hazel%'") == []
    (found,) = qbo.rows(f"SELECT * FROM {entity} WHERE Active = false AND {field} LIKE 'Hazel%'")
    assert found == closed
    gone = {"Id": made["Id"], "SyncToken": closed["SyncToken"]}
    assert qbo.fault(entity.lower(), gone, operation="delete")["code"] == "500"


@pytest.mark.parametrize("entity", LISTS)
def test_a_name_is_there_once_whatever_its_case(qbo, entity):
    field = name_of(entity)
    qbo.create(entity, {field: "Walnut"})
    error = qbo.fault(entity.lower(), {field: "wALNUT "})
    assert error["code"] == "6240"
    noun = {"Employee": "customer, vendor or employee", "PaymentMethod": "payment method"}.get(entity, entity.lower())
    assert f"Another {noun} is already using this name." in error["Detail"]


def test_employees_share_their_names_with_customers_and_vendors(qbo):
    qbo.create("Vendor", {"DisplayName": "Robin"})
    assert qbo.fault("employee", {"DisplayName": "robin"})["code"] == "6240"
    employee = qbo.create("Employee", {"GivenName": "Ada", "FamilyName": "Bell"})
    assert (employee["DisplayName"], employee["PrintOnCheckName"]) == ("Ada Bell", "Ada Bell")
    assert "Balance" not in employee
    assert qbo.fault("customer", {"DisplayName": "ada bell"})["code"] == "6240"
    assert qbo.fault("employee", {"EmployeeNumber": "7"})["code"] == "6080"


@pytest.mark.parametrize(("entity", "flag"), [("Department", "SubDepartment"), ("Class", "SubClass")])
def test_departments_and_classes_have_levels(qbo, entity, flag):
    parent = qbo.create(entity, {"Name": "North"})
    child = qbo.create(entity, {"Name": "Oslo", flag: True, "ParentRef": {"value": parent["Id"]}})
    assert (child["FullyQualifiedName"], child[flag]) == ("North:Oslo", True)
    assert child["ParentRef"] == {"value": parent["Id"], "name": "North"}
    qbo.create(entity, {"Id": parent["Id"], "SyncToken": "0", "sparse": True, "Name": "Far north"})
    assert qbo.get(f"{entity.lower()}/{child['Id']}").json()[entity]["FullyQualifiedName"] == "Far north:Oslo"
    qbo.create(entity, {"Name": "Oslo"})
    assert qbo.fault(entity.lower(), {"Name": "Rome", flag: True})["code"] == "6150"
    assert qbo.fault(entity.lower(), {"Name": "Rome", flag: True, "ParentRef": {"value": "999"}})["code"] == "2500"
    free = {"Id": child["Id"], "SyncToken": "0", "sparse": True, flag: False, "Name": "Bergen"}
    freed = qbo.create(entity, free)
    assert (freed["FullyQualifiedName"], freed[flag], "ParentRef" in freed) == ("Bergen", False, False)


def test_ways_to_pay_have_one_of_two_types(qbo):
    assert qbo.create("PaymentMethod", {"Name": "Barter"})["Type"] == "NON_CREDIT_CARD"
    assert qbo.create("PaymentMethod", {"Name": "Card", "Type": "CREDIT_CARD"})["Type"] == "CREDIT_CARD"
    assert qbo.fault("paymentmethod", {"Name": "Shells", "Type": "SHELLS"})["code"] == "2170"
    assert qbo.fault("paymentmethod", {"Name": "x" * 32})["code"] == "2050"


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Vendor", {"DisplayName": "Odd", "Lotus": 1, "BillAddr": {"Line1": "1 Road", "Planet": "Mars"}}),
        ("Employee", {"DisplayName": "Odd", "Lotus": {"a": [1]}, "PrimaryPhone": {"FreeFormNumber": "1", "Ext": 2}}),
    ],
)
def test_members_that_nobody_knows_are_dropped_outside_the_documented_entities(qbo, entity, body):
    made = qbo.create(entity, body)
    assert "Lotus" not in made
    assert made.get("BillAddr", {}).get("Planet") is None
    assert made.get("PrimaryPhone", {}).get("Ext") is None


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Customer", {"DisplayName": "Odd", "Lotus": 1}),
        ("Customer", {"DisplayName": "Odd", "BillAddr": {"Planet": "Mars"}}),
        ("Customer", {"DisplayName": "Odd", "SalesTermRef": {"value": "1", "colour": "red"}}),
        ("Item", {"Name": "Odd", "Type": "Category", "Lotus": 1}),
        ("Account", {"Name": "Odd", "AccountType": "Bank", "Lotus": 1}),
        ("Term", {"Name": "Odd", "Lotus": 1}),
        ("PaymentMethod", {"Name": "Odd", "Lotus": 1}),
        ("Department", {"Name": "Odd", "Lotus": 1}),
        ("Class", {"Name": "Odd", "Lotus": 1}),
        ("Preferences", {"Id": "1", "SyncToken": "0", "TaxPrefs": {"Lotus": True}}),
        ("CompanyInfo", {"Id": "1", "SyncToken": "0", "Lotus": True}),
    ],
)
def test_members_that_nobody_knows_are_refused_for_the_documented_entities(qbo, entity, body):
    assert qbo.fault(entity.lower(), body)["code"] == "2010"


def test_the_library_makes_changes_and_closes_them(library):
    for entity, members in (
        (Employee, {"GivenName": "Ada", "FamilyName": "Bell"}),
        (PaymentMethod, {"Name": "Barter"}),
        (Department, {"Name": "North"}),
        (Class, {"Name": "Retail"}),
    ):
        new = entity()
        for name, value in members.items():
            setattr(new, name, value)
        made = new.save(qb=library)
        again = entity.get(made.Id, qb=library)
        again.Active = False
        closed = again.save(qb=library)
        assert str(closed).endswith(" (deleted)")
        assert entity.filter(Active=False, qb=library)[-1].Id == made.Id
        assert made.Id not in {row.Id for row in entity.all(qb=library)}
