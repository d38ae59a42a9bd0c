"""Which function answers which path below /v3/company/<realm>/."""

from collections.abc import Callable, Mapping

from qbo_emulator import faults
from qbo_emulator.api import attachments, batch, cdc, documents, exchange_rates, objects, query, tax_service
from qbo_emulator.api.asked import Answer, Asked

Handler = Callable[[Asked], Answer]
METHODS = frozenset({"GET", "HEAD", "POST"})

# By method and first part of the path, lower case. What is not here is an entity.
RESOURCES: Mapping[tuple[str, str], Handler] = {
    ("GET", "query"): query.answer,
    ("POST", "query"): query.answer,
    ("POST", "batch"): batch.answer,
    **cdc.RESOURCES,
    **documents.RESOURCES,
    **attachments.RESOURCES,
    **tax_service.RESOURCES,
    **exchange_rates.RESOURCES,
}
# What can be done with one object: by method and what follows its id.
ACTIONS: Mapping[tuple[str, str], Handler] = {**documents.ACTIONS, **attachments.ACTIONS}


def handler(method: str, parts: list[str]) -> Handler:
    """The function for a path; those of entities refuse what they don't know. 500 for a method that isn't served."""
    if method not in METHODS:
        raise faults.unsupported(f"{method} /{'/'.join(parts)}"[:200])
    method = "GET" if method == "HEAD" else method
    known = RESOURCES.get((method, parts[0].lower()))
    if known is not None:
        return known
    if len(parts) == 3 and (action := ACTIONS.get((method, parts[2].lower()))) is not None:
        return action
    return objects.create_or_change if method == "POST" else objects.read
