"""Files and notes on other objects, and the links under which files can be fetched for a while."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from qbo_emulator import faults
from qbo_emulator.books import Books
from qbo_emulator.rules.behaviour import Behaviour
from qbo_emulator.rules.change import Change
from qbo_emulator.rules.expense_lines import cleaned
from qbo_emulator.tables import BY_PATH
from qbo_emulator.wire import Body

MOST_LINKS = 10_000
LINK_SECONDS = 15 * 60
NOT_ATTACHED_TO = ("attachable", "companyinfo", "preferences", "exchangerate", "recurringtransaction")


def attachable(change: Change) -> None:
    """A note or a file, on objects that exist."""
    new = change.new
    if not new.get("FileName") and not new.get("Note"):
        raise faults.missing("Note")
    if len(new.get("AttachableRef", ())) > MOST_LINKS:
        raise faults.business(f"A file can be attached to {MOST_LINKS} objects at most.")
    kept = {_target(entry) for entry in (change.old or {}).get("AttachableRef", [])}
    links: list[Body] = []
    for given in new.get("AttachableRef", []):
        entry: Body = cleaned(given)
        if entry.get("EntityRef"):
            check_link(change.books, entry["EntityRef"], kept)
        entry.setdefault("IncludeOnSend", False)
        links.append({name: value for name, value in entry.items() if value != []})
    new["AttachableRef"] = links
    if not links:
        del new["AttachableRef"]


def _target(entry: Body) -> tuple[str, str]:
    reference = entry.get("EntityRef", {})
    return reference.get("type", ""), reference.get("value", "")


def check_link(books: Books, reference: Body, kept: set[tuple[str, str]]) -> None:
    """6050 for a type that takes no attachments, 6000 for an object that does not exist; kept links stay."""
    if not reference.get("type"):
        raise faults.missing("AttachableRef.EntityRef.type")
    entity = BY_PATH.get(reference["type"].lower())
    if entity is None or entity.name.lower() in NOT_ATTACHED_TO:
        raise faults.validation(
            "6050", "Invalid entity type", f"Files can't be attached to {reference['type'][:60]}", "EntityRef.type"
        )
    reference["type"] = entity.name
    target = (entity.name, reference["value"])
    if target not in kept and books.get(*target) is None:
        name = f"{entity.name} {reference['value']}"
        raise faults.business(f"The entity {name} that you are trying to link does not exist. {name}")


def keep_file(books: Books, body: Body, content: bytes, host_url: str) -> None:
    """Store the bytes of a file and write its size and addresses into its object. host_url ends with a slash."""
    books.connection.execute(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
        (books.realm, int(body["Id"]), secrets.token_hex(16), content),
    )
    name = quote(str(body.get("FileName", "file")), safe="")
    body["FileAccessUri"] = f"/v3/company/{books.realm}/download/{body['Id']}"
    body["TempDownloadUri"] = f"{host_url}attachments/{books.realm}/{body['Id']}/{name}"
    body["Size"] = len(content)
    books.put("Attachable", body, quiet=True)


def signature(key: str, realm: str, object_id: str, expires: int) -> str:
    """What makes a link good until then (seconds since 1970)."""
    return hmac.new(key.encode(), f"{realm}/{object_id}/{expires}".encode(), hashlib.sha256).hexdigest()


def shown(books: Books, body: Body) -> Body:
    """The object with a link that works for the next fifteen minutes of the emulator's clock."""
    if "TempDownloadUri" not in body:
        return body
    row = books.connection.execute(
        "SELECT key FROM files WHERE realm = ? AND id = ?", (books.realm, int(body["Id"]))
    ).fetchone()
    expires = int(books.now.timestamp()) + LINK_SECONDS
    signed = signature(row["key"], books.realm, body["Id"], expires)
    return {**body, "TempDownloadUri": f"{body['TempDownloadUri']}?expires={expires}&signature={signed}"}


def fetch(books: Books, object_id: str, expires: str, signed: str) -> tuple[Body, bytes] | None:
    """The object and the bytes of a file, None when there is no such file or the link is wrong or too old."""
    body = books.get("Attachable", object_id)
    row = books.connection.execute(
        "SELECT key, content FROM files WHERE realm = ? AND id = ?",
        (books.realm, int(object_id) if body is not None else 0),
    ).fetchone()
    if body is None or row is None or not (expires.isascii() and expires.isdigit() and len(expires) < 15):
        return None
    good = signature(row["key"], books.realm, body["Id"], int(expires))
    if not hmac.compare_digest(good.encode(), signed.encode()) or books.now.timestamp() > int(expires):
        return None
    return body, bytes(row["content"])


def removed(books: Books, body: Body) -> None:
    """The bytes go with the object."""
    books.connection.execute("DELETE FROM files WHERE realm = ? AND id = ?", (books.realm, int(body["Id"])))


BEHAVIOURS: Mapping[str, Behaviour] = {
    "attachable": Behaviour(complete=attachable, remove=removed, shown=shown),
}
