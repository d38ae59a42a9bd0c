"""What a table of an entity is made of: the entity itself and the rows that many of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qbo_emulator.tables.fields import Field, Kind


@dataclass(frozen=True)
class Entity:
    """A type of object: its fields and what can be done with it.

    id_space: entities with the same space share their numbering; name_field: the field whose value must be unique;
    operations are those of POST besides create and update; rules names the behaviour; a lenient entity takes members
    that its table doesn't know and drops them, the others refuse them (2010); a printable one can be had as
    PDF and sent by e-mail.
    """

    name: str
    fields: tuple[Field, ...]
    rules: str = "plain"
    id_space: str = ""
    name_field: str = ""
    transaction: bool = False
    singleton: bool = False
    operations: frozenset[str] = frozenset()
    lenient: bool = False
    printable: bool = False
    by_name: Mapping[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {row.name: row for row in (*self.fields, *SYSTEM)})

    @property
    def has_active(self) -> bool:
        """Whether rows can be made inactive; queries then show active ones only, unless asked."""
        return "Active" in self.by_name


def read_only(*names: str) -> tuple[Field, ...]:
    """Members that are taken and ignored."""
    return tuple(Field(name, Kind.ANY, read_only=True) for name in names)


def reference(
    name: str, target: str | None = None, query: bool = False, sticky: bool = False, typed: bool = False
) -> Field:
    """A reference member; a typed one says itself which entity it points to."""
    check = "typed" if typed else ""
    return Field(name, Kind.REF, target=target, query=query, sticky=sticky, check=check, java="ReferenceType")


SYSTEM = (
    Field("Id", read_only=True, query=True, sort=True),
    Field("SyncToken", read_only=True),
    *read_only("domain", "sparse", "status"),
    Field(
        "MetaData",
        Kind.OBJECT,
        read_only=True,
        java="ModificationMetaData",
        fields=(
            Field("CreateTime", query=True, sort=True),
            Field("LastUpdatedTime", query=True, sort=True),
        ),
    ),
)

ADDRESS = (
    *read_only("Id"),
    *(Field(f"Line{number}", limit=500) for number in range(1, 6)),
    Field("City", limit=255),
    Field("CountrySubDivisionCode", limit=255),
    Field("Country", limit=255),
    Field("CountryCode", limit=255),
    Field("PostalCode", limit=30),
    Field("PostalCodeSuffix", limit=30),
    Field("Lat", limit=30),
    Field("Long", limit=30),
    Field("Note", limit=1000),
    Field("Tag", limit=100),
)


def address(name: str) -> Field:
    """A postal address; it gets an Id of its own."""
    return Field(name, Kind.OBJECT, java="PhysicalAddress", fields=ADDRESS)


def phone(name: str) -> Field:
    """A telephone number."""
    return Field(name, Kind.OBJECT, java="TelephoneNumber", fields=(Field("FreeFormNumber", limit=30),))


def email(name: str, query: bool = False, limit: int = 100) -> Field:
    """An e-mail address, or several with commas."""
    return Field(
        name,
        Kind.OBJECT,
        java="EmailAddress",
        query=query,
        fields=(Field("Address", limit=limit, check="email", query=query),),
    )
