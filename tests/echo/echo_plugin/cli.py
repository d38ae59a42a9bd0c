"""Commands under `erp echo`. They run in the application's context and see every tenant."""

from __future__ import annotations

import click

from echo_plugin.jobs import loudly
from echo_plugin.models import Note
from erp_core.toolkit import Instance, NotFound, db


@click.command()
@click.argument("instance_id", type=int)
@click.argument("text")
def say(instance_id: int, text: str) -> None:
    """Echo TEXT in the instance with this id."""
    instance = db.session.get(Instance, instance_id)
    if instance is None:
        raise NotFound(f"There is no instance {instance_id}. See: erp plugins list")
    note = Note(tenant_id=instance.tenant_id, instance_id=instance_id, text=loudly(db.session(), instance_id, text))
    db.session.add(note)
    db.session.commit()
    click.echo(note.text)
