"""Numbers of documents, without gaps and without twins."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from erp_core.errors import NotFound
from erp_core.models import NumberSeries

Kind = Literal["order", "invoice", "payment"]


def take(session: Session, instance_id: int, kind: Kind) -> str:
    """The next number of a series, such as `INV-1042`.

    The statement locks the series until the caller's transaction ends: whoever comes next waits for this one to
    commit, and a number whose document was rolled back is given out again.
    """
    row = session.execute(
        update(NumberSeries)
        .where(NumberSeries.instance_id == instance_id, NumberSeries.kind == kind)
        .values(next_number=NumberSeries.next_number + 1)
        .returning(NumberSeries.next_number, NumberSeries.prefix, NumberSeries.padding)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise NotFound(f"The instance has no numbers for {kind}s. Save its settings to create them.")
    following, prefix, padding = row
    return NumberSeries(prefix=prefix, padding=padding).format(following - 1)
