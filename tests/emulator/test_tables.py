"""The tables: they know every member that python-quickbooks sends, and everything in them leads somewhere."""

import importlib
import inspect
import pkgutil

import pytest
from quickbooks import objects
from quickbooks.objects.base import QuickbooksBaseObject
from quickbooks.objects.recurringtransaction import RecurringTransaction

from qbo_emulator.rules import BEHAVIOURS
from qbo_emulator.tables import BY_PATH, ENTITIES, GROUPS
from qbo_emulator.tables.fields import Field, Kind
from qbo_emulator.tables.schema import read_only

# What the library has classes for and the emulator has no entity for, each for its reason.
NO_ENTITY = {
    "Budget": "a report of plans, outside of what the emulator covers",
    "CreditCardPayment": "outside of what the emulator covers",
    "CustomerType": "outside of what the emulator covers",
    "TaxService": "a service of its own under /taxservice/taxcode",
}
STRICT = {
    "Customer", "Item", "Account", "Invoice", "Payment", "Estimate", "SalesReceipt", "CreditMemo", "RefundReceipt",
    "TaxCode", "TaxRate", "TaxAgency", "Term", "PaymentMethod", "Department", "Class", "Preferences", "CompanyInfo",
    "ExchangeRate",
}  # fmt: skip
LENIENT = {
    "Vendor", "Employee", "Deposit", "Purchase", "Bill", "BillPayment", "VendorCredit", "PurchaseOrder",
    "JournalEntry", "Transfer", "TimeActivity", "Attachable", "CompanyCurrency", "RecurringTransaction",
}  # fmt: skip


def classes():
    """Every class of the library that is an entity of its own, by the entity's name."""
    found = {}
    for module in pkgutil.iter_modules(objects.__path__):
        for _, value in inspect.getmembers(importlib.import_module(f"quickbooks.objects.{module.name}")):
            if not inspect.isclass(value) or not issubclass(value, QuickbooksBaseObject):
                continue
            name = getattr(value, "qbo_object_name", "")
            is_own = hasattr(value, "get") or hasattr(value, "save") or hasattr(value, "query")
            if name and is_own and value.__name__ == name:
                found[name] = value
    return found


CLASSES = classes()


def sent(thing):
    """The members that an object of the library has, without those that stay inside it."""
    return [name for name in vars(thing) if not name.startswith("_")]


def unknown(thing, fields, path):
    """The members that the library would send and the fields do not know, at every depth."""
    by_name = {field.name: field for field in fields}
    for name in dict.fromkeys([*sent(thing), *thing.class_dict, *getattr(thing, "list_dict", {})]):
        field = by_name.get(name)
        if field is None:
            yield f"{path}.{name}"
            continue
        if field.read_only or field.kind in (Kind.REF, Kind.ANY):
            continue
        inner = [thing.class_dict[name]] if name in thing.class_dict else []
        if name in getattr(thing, "list_dict", {}):
            inner = [thing.list_dict[name]]
            if name == "Line":
                inner += getattr(thing, "detail_dict", {}).values()
        for made in inner:
            if hasattr(made, "class_dict"):
                yield from unknown(made(), field.fields, f"{path}.{name}")


def walk(fields):
    for field in fields:
        yield field
        yield from walk(field.fields)


def test_the_library_has_a_class_for_nearly_every_entity():
    assert len(CLASSES) > 30
    assert set(ENTITIES) - set(CLASSES) <= {"Preferences", "ExchangeRate"}


@pytest.mark.parametrize("name", sorted(set(CLASSES) - set(NO_ENTITY)))
def test_a_table_knows_what_the_library_sends(name):
    entity = ENTITIES[name]
    missing = sorted(set(unknown(CLASSES[name](), entity.by_name.values(), name)))
    assert missing == []


def test_a_template_of_the_library_is_one_of_the_table():
    assert set(RecurringTransaction.class_dict) <= set(ENTITIES["RecurringTransaction"].by_name)


def test_a_member_that_is_missing_from_a_table_would_be_found():
    term = ENTITIES["Term"]
    fewer = [field for field in term.by_name.values() if field.name != "DueDays"]
    assert list(unknown(CLASSES["Term"](), fewer, "Term")) == ["Term.DueDays"]
    bill = ENTITIES["Bill"]
    (lines,) = (field for field in bill.fields if field.name == "Line")
    shallow = Field("Line", Kind.LIST, fields=tuple(row for row in lines.fields if row.name != "LinkedTxn"))
    fields = [*(row for row in bill.by_name.values() if row.name != "Line"), shallow]
    assert "Bill.Line.LinkedTxn" in set(unknown(CLASSES["Bill"](), fields, "Bill"))


def test_each_entity_is_there_once_and_has_one_path():
    names = [entity.name for group in GROUPS for entity in group.TABLES]
    assert len(names) == len(set(names)) == len(ENTITIES) == len(BY_PATH)
    assert all(path == entity.name.lower() for path, entity in BY_PATH.items())


def test_every_entity_is_either_strict_or_lenient_as_the_documents_are():
    assert {name for name, entity in ENTITIES.items() if not entity.lenient} == STRICT
    assert {name for name, entity in ENTITIES.items() if entity.lenient} == LENIENT


@pytest.mark.parametrize("name", sorted(ENTITIES))
def test_a_table_leads_somewhere(name):
    entity = ENTITIES[name]
    assert entity.rules in BEHAVIOURS
    assert {field.target for field in walk(entity.fields) if field.target} <= set(ENTITIES)
    assert entity.name_field == "" or entity.name_field in entity.by_name
    assert "void" not in entity.operations or BEHAVIOURS[entity.rules].void is not None
    assert entity.operations <= {"delete", "void"}


@pytest.mark.parametrize("name", sorted(ENTITIES))
def test_no_table_names_a_member_twice(name):
    def check(fields):
        names = [field.name for field in fields]
        assert sorted(names) == sorted(set(names))
        for field in fields:
            check(field.fields)

    check(ENTITIES[name].fields)


def test_references_have_no_choices_and_lists_have_members():
    for entity in ENTITIES.values():
        for field in walk(entity.fields):
            assert field.kind is not Kind.REF or not field.choices
            assert field.kind is not Kind.LIST or field.read_only or field.fields, (entity.name, field.name)
            assert field.kind is not Kind.OBJECT or field.read_only or field.fields, (entity.name, field.name)
    assert read_only("One") == (Field("One", Kind.ANY, read_only=True),)
