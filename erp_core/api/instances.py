"""Instances and the activity log in the API."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import ColumnElement, select

from erp_core.access import current_tenant_id
from erp_core.api.endpoints import Endpoints
from erp_core.api.exact import SENTENCES, Moment
from erp_core.errors import Invalid
from erp_core.extensions import db
from erp_core.models import Activity as ActivityRecord
from erp_core.models import Instance as InstanceRecord
from erp_core.services import lists
from erp_core.services.lookup import HIGHEST_ID

blueprint = Endpoints("instances", "Instances and activities", "Business units of the tenant, and who did what.")

CODE_OR_ID = {
    "description": "The instance: its code, or its id. May be left out when there is one only.",
    "anyOf": [{"type": "string", "maxLength": 20}, {"type": "integer"}],
}


class InstanceRef(fields.Field[str]):
    """An instance by its code or its id, as text."""

    default_error_messages = {**SENTENCES, "invalid": "This must be the code or the id of an instance."}  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata=CODE_OR_ID, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self.make_error("invalid")
        return str(value) if isinstance(value, str) or 0 < value <= HIGHEST_ID else "0"


class Instance(Schema):
    """A business unit, store or brand with its own orders, invoices and numbers."""

    id = fields.Integer(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    currency = fields.String(required=True)
    timezone = fields.String(required=True)


class Instances(Schema):
    """The tenant's instances."""

    data = fields.List(fields.Nested(Instance), required=True)


class Activity(Schema):
    """One thing that happened."""

    id = fields.Integer(required=True)
    at = Moment(required=True)
    actor_kind = fields.String(required=True, validate=validate.OneOf(["person", "machine"]))
    actor_name = fields.String(required=True)
    ip = fields.String(required=True, allow_none=True)
    action = fields.String(required=True)
    subject = fields.Function(
        lambda row: f"{row.subject_type}:{row.subject_id}",
        required=True,
        metadata={"type": "string", "description": "What it happened to, such as `order:17`."},
    )
    instance_id = fields.Integer(required=True, allow_none=True)
    summary = fields.String(required=True)
    details = fields.Dict(required=True)


def tenant_instances() -> list[InstanceRecord]:
    """All instances of the tenant, by name."""
    mine = select(InstanceRecord).where(InstanceRecord.tenant_id == current_tenant_id()).order_by(InstanceRecord.name)
    return list(db.session().scalars(mine))


def chosen_instance(reference: str | None) -> InstanceRecord:
    """The instance with this code or id, or the only one. Raises `Invalid`."""
    mine = tenant_instances()
    if reference is None and len(mine) == 1:
        return mine[0]
    for matches in ([one for one in mine if one.code == reference], [one for one in mine if str(one.id) == reference]):
        if matches:
            return matches[0]
    codes = ", ".join(one.code for one in mine) or "none yet"
    sentence = "Say which instance." if reference is None else "There is no such instance."
    raise Invalid(f"{sentence} Instances of your company: {codes}.", fields={"instance": sentence})


def in_instance(column: Any, reference: str | None) -> list[ColumnElement[bool]]:
    """The condition that a list's `instance` parameter asks for."""
    return [] if reference is None else [column == chosen_instance(reference).id]


@blueprint.reads("/instances", Instances)
def list_instances() -> dict[str, list[InstanceRecord]]:
    """List the instances of the tenant"""
    return {"data": tenant_instances()}


SUBJECT = fields.String(
    validate=validate.Regexp(r"^[a-z_]{1,30}:[0-9]{1,10}$", error="This must look like order:17."),
    metadata={"description": "Only what happened to this record, such as `order:17`."},
)


@blueprint.lists("/activities", Activity, lists.activity, statuses=("person", "machine"), more={"subject": SUBJECT})
def list_activities(subject: str | None = None) -> list[ColumnElement[bool]]:
    """Who did what, and when; newest first

    `status` tells people from machines."""
    if subject is None:
        return []
    kind, _, number = subject.partition(":")
    subject_id = int(number)
    if subject_id > HIGHEST_ID:
        raise Invalid("There is no such record.", fields={"subject": "There is no such record."})
    return [ActivityRecord.subject_type == kind, ActivityRecord.subject_id == subject_id]
