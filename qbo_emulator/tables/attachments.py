"""Files and notes on other objects."""

from qbo_emulator.tables.fields import Field, Kind
from qbo_emulator.tables.rows import BOOLEAN, LIST
from qbo_emulator.tables.sales import CUSTOM_FIELD
from qbo_emulator.tables.schema import Entity, read_only

CATEGORIES = ("Contact Photo", "Document", "Image", "Other", "Receipt", "Signature", "Sound")
ENTITY_REFERENCE = Field(
    "EntityRef",
    Kind.REF,
    check="typed",
    java="ReferenceType",
    fields=(Field("value", query=True), Field("type", query=True)),
)
ATTACHABLE = Entity(
    "Attachable",
    rules="attachable",
    lenient=True,
    id_space="attachable",
    operations=frozenset({"delete"}),
    fields=(
        Field("FileName", limit=1000, query=True, sort=True, sticky=True),
        Field("Note", limit=2000, query=True),
        Field("Category", choices=CATEGORIES, query=True),
        Field("ContentType", limit=100, sticky=True),
        Field("PlaceName", limit=2000),
        Field("Lat", limit=100),
        Field("Long", limit=100),
        Field("Tag", limit=2000),
        Field(
            "AttachableRef",
            LIST,
            query=True,
            fields=(
                ENTITY_REFERENCE,
                Field("IncludeOnSend", BOOLEAN),
                Field("LineInfo", limit=100),
                Field("Inactive", BOOLEAN),
                Field("NoRefOnly", BOOLEAN),
                Field("CustomField", LIST, fields=CUSTOM_FIELD),
            ),
        ),
        *read_only(
            "FileAccessUri", "TempDownloadUri", "Size", "ThumbnailFileAccessUri", "ThumbnailTempDownloadUri", "EntityRef",
        ),
    ),
)  # fmt: skip

TABLES = (ATTACHABLE,)
