"""What a plugin is: a class whose methods return what it offers and have no effect of their own. Only the host acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import click
from flask import Blueprint
from sqlalchemy.orm import Session

from erp_core.config import Config
from erp_core.jobs.schedules import Schedule
from erp_core.jobs.worker import JobFunction
from erp_core.models import Instance
from erp_core.plugins.guards import Guard
from erp_core.plugins.hooks import Listener
from erp_core.plugins.permissions import Permission
from erp_core.plugins.settings import PluginSettings
from erp_core.plugins.slots import MenuItem, SlotFill


class Plugin:
    """Base of every plugin. The first line of a plugin's docstring is its title, the rest its description.

    `name` and `version` come from the entry point and its distribution; models, migrations, templates and static
    files are found beside the class, not declared.
    """

    name: str
    version: str
    config: Config
    """The server's settings; `config.environ` is the environment as read."""

    settings: ClassVar[tuple[type[PluginSettings], ...]] = ()
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def blueprints(self) -> Iterable[Blueprint]:
        """Pages and endpoints; flask-smorest blueprints become part of the OpenAPI document."""
        return ()

    def listeners(self) -> Iterable[Listener]:
        """Events this plugin hears of: `on(OrderInvoiced, hooks.queue_push)`."""
        return ()

    def guards(self) -> Iterable[Guard]:
        """What this plugin may refuse: `guard(EditOrder, rules.paid_is_read_only)`."""
        return ()

    def jobs(self) -> Mapping[str, JobFunction]:
        """Job name, which starts with the plugin's name and a dot, to function."""
        return {}

    def schedules(self) -> Iterable[Schedule]:
        """What runs by the clock."""
        return ()

    def slots(self) -> Iterable[SlotFill]:
        """What this plugin puts into the host's pages: `fill(INVOICE_STATUS, badge)`."""
        return ()

    def menu(self) -> Iterable[MenuItem]:
        """Entries of the navigation."""
        return ()

    def commands(self) -> Iterable[click.Command]:
        """Commands under `erp <plugin name>`."""
        return ()

    def choices(self, session: Session, instance: Instance, setting: str) -> Sequence[tuple[str, str]]:
        """Values and labels a person may pick for a setting of an instance that was declared with `choices`."""
        return ()

    def problems(self) -> Sequence[str]:
        """What keeps this plugin from working on this server, a sentence each, for the host's administrator.

        While there is any, tenants see neither its slots nor its settings; nothing that is saved or waits is lost."""
        return ()

    def neutralize(self, session: Session) -> None:
        """Disarm: a copied database must not act on the real world. Runs in the caller's transaction."""

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    @classmethod
    def description(cls) -> str:
        """The docstring after its first line."""
        return " ".join((cls.__doc__ or "").strip().splitlines()[1:]).strip()
