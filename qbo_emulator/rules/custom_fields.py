"""The company's own fields on sales forms."""

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.change import Change


def custom_fields(change: Change) -> None:
    """The company's own fields; StringValue only where there is one. 2020 without DefinitionId, 3000 for one not defined."""
    defined = custom_field_names(change.books)
    given: dict[str, str | None] = {}
    for entry in change.new.get("CustomField") or []:
        number = entry.get("DefinitionId")
        if entry.get("StringValue") is None:
            continue
        if number is None:
            raise faults.missing("CustomField.DefinitionId")
        if number not in defined:
            raise faults.validation("3000", "Invalid Custom Field", f"Custom field {number} is not defined")
        given[number] = entry["StringValue"]
    change.new["CustomField"] = [
        {"DefinitionId": number, "Name": name, "Type": "StringType"}
        | ({"StringValue": given[number]} if number in given else {})
        for number, name in defined.items()
    ]


def custom_field_names(books: Books) -> dict[str, str]:
    """Definition id and name of each custom field on sales forms."""
    names: dict[str, str] = {}
    groups = books.preference("SalesFormsPrefs", "CustomField")
    for group in groups if isinstance(groups, list) else []:
        for entry in group["CustomField"]:
            _, found, number = entry["Name"].partition("SalesFormsPrefs.SalesCustomName")
            if found:
                names[number] = entry["StringValue"]
    return names
