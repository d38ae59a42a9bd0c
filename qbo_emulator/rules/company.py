"""The company and its preferences."""

from collections.abc import Mapping

from qbo_emulator import faults
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.naming import number_address
from qbo_emulator.tables.schema import SYSTEM
from qbo_emulator.wire import Body

_SYSTEM = frozenset(field.name for field in SYSTEM)


def company_info(change: Change) -> None:
    """Changed addresses get new ids."""
    for field in change.entity.fields:
        if field.java == "PhysicalAddress":
            number_address(change, field.name)


def preferences(change: Change) -> None:
    """Groups are merged member by member, and pairs by their names, so that nothing gets lost.

    The home currency is as it is. Fault 2020 for a pair without a name.
    """
    for name, old in change.was.items():
        if isinstance(old, dict) and name not in _SYSTEM:
            merged = {**old, **(change.given.get(name) or {}), **change.new.get(name, {})}
            change.new[name] = {key: value for key, value in merged.items() if value is not None}
    if (change.given.get("OtherPrefs") or {}).get("NameValue"):
        change.new["OtherPrefs"]["NameValue"] = _merged_pairs(change)
    home = (change.old or {}).get("CurrencyPrefs", {}).get("HomeCurrency")
    if home is not None:
        change.new["CurrencyPrefs"]["HomeCurrency"] = home


def _merged_pairs(change: Change) -> list[Body]:
    before = (change.old or {}).get("OtherPrefs", {}).get("NameValue", [])
    values = {pair["Name"]: pair["Value"] for pair in before}
    for pair in change.given["OtherPrefs"]["NameValue"]:
        if not pair.get("Name"):
            raise faults.missing("OtherPrefs.NameValue.Name")
        values[pair["Name"]] = pair.get("Value") or ""
    return [{"Name": name, "Value": value} for name, value in values.items()]


BEHAVIOURS: Mapping[str, Behaviour] = {
    "company": Behaviour(complete=company_info),
    "preferences": Behaviour(complete=preferences),
}
