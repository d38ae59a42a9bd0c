"""Read, create, update, delete and void one object."""

from qbo_emulator import faults, operations
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.api.invoice_link import linked
from qbo_emulator.tables import BY_PATH
from qbo_emulator.tables.schema import Entity


def no_resource(asked: Asked) -> faults.Fault:
    """500: there is nothing at this path."""
    path = f"/v3/company/{asked.books.realm}/{'/'.join(asked.parts)}"
    return faults.unsupported(
        f"Could not find resource for relative : {path} of full path: {asked.host_url.rstrip('/')}{path}"
    )


def entity_of(asked: Asked) -> Entity:
    """The entity that the path names; 500 when there is none."""
    entity = BY_PATH.get(asked.parts[0].lower())
    if entity is None:
        raise no_resource(asked)
    return entity


def read(asked: Asked) -> Answer:
    """GET /<entity>/<id>; a singleton needs no id."""
    entity = entity_of(asked)
    if len(asked.parts) > 2 or (len(asked.parts) == 1 and not entity.singleton):
        raise no_resource(asked)
    body = operations.read(asked.books, entity, asked.parts[1] if len(asked.parts) == 2 else "1")
    return asked.envelope({entity.name: linked(asked.books, entity, body, asked.include())})


def create_or_change(asked: Asked) -> Answer:
    """POST /<entity>; the parameter operation says what else than create or update."""
    entity = entity_of(asked)
    if len(asked.parts) > 1:
        raise no_resource(asked)
    payload, operation = asked.payload(), asked.args.get("operation", "").lower()
    if operation == "delete":
        body = operations.delete(asked.books, entity, payload)
    elif operation == "void" or (operation == "update" and "void" in asked.include()):
        body = operations.void(asked.books, entity, payload)
    elif operation in ("", "create", "update"):
        body = operations.write(asked.books, entity, payload, asked.include())
    else:
        raise faults.unsupported(operation[:60])
    return asked.envelope({entity.name: body})
