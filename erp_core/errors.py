"""Errors that a person or a program meets, named by cause.

* ERPError          a sentence for the person who must act, and a machine's word for the cause
  + Refused         a rule forbids it now; nothing was changed
  + NotFound        there is no such record for this tenant
  + Invalid         the input is wrong; `fields` says where
  + Conflict        somebody else changed it, or the same key was used for something else
  + Forbidden       this person may not do that
"""

from __future__ import annotations

from collections.abc import Mapping


class ERPError(Exception):
    """Base of all errors whose text may be shown to the person who must act."""

    status = 400
    title = "That did not work"

    def __init__(self, message: str, *, code: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).__name__.lower()
        self.fields = dict(fields or {})


class Refused(ERPError):
    """A rule of the product forbids this now; nothing was changed."""

    status = 409
    title = "Not possible now"


class NotFound(ERPError):
    """There is no such record, or it belongs to another tenant."""

    status = 404
    title = "Not found"


class Invalid(ERPError):
    """The input is wrong; `fields` maps a field to what is wrong with it."""

    status = 422
    title = "Please check your input"


class Conflict(ERPError):
    """Somebody else changed the record, or the same key was used for something else."""

    status = 409
    title = "Conflict"


class Forbidden(ERPError):
    """This person may not do that."""

    status = 403
    title = "Not allowed"
