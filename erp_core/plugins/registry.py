"""Which plugins are loaded, and what they offer.

Installed: the entry point exists. Loaded: the name is in ERP_PLUGINS. Enabled: switched on in an instance. A plugin
that is named but broken stops the start: accounting is not optional by accident. Schedules of a plugin that is enabled
in no instance do not run.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_core.config import Config
from erp_core.extensions import Base
from erp_core.jobs.schedules import Schedule
from erp_core.jobs.worker import JobFunction
from erp_core.models import Instance, PluginInstance
from erp_core.plugins.contract import Plugin
from erp_core.plugins.guards import Guard, Intention
from erp_core.plugins.hooks import Event, Listener
from erp_core.plugins.permissions import Permissions
from erp_core.plugins.settings import PluginSettings
from erp_core.plugins.slots import ALL, MenuItem, Slot

GROUP = "erp.plugins"
MOST = 40
"""Characters of a plugin's name."""
T = TypeVar("T")


class PluginError(Exception):
    """A plugin that ERP_PLUGINS names can't be loaded; the text says which and why."""


class Registry:
    """The loaded plugins in the order of ERP_PLUGINS, and everything they declared, validated once at start."""

    def __init__(self, plugins: Sequence[Plugin] = ()) -> None:
        self.plugins = tuple(plugins)
        self.permissions = Permissions()
        self._listeners: list[tuple[Plugin, Listener]] = []
        self._guards: list[tuple[Plugin, Guard]] = []
        self._fills: dict[str, list[tuple[int, Plugin, Any]]] = {slot.name: [] for slot in ALL}
        self.jobs: dict[str, JobFunction] = {}
        self.schedules: list[Schedule] = []
        self.menu: list[MenuItem] = []
        for plugin in self.plugins:
            try:
                self._register(plugin)
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(
                    f"The plugin {plugin.name} can't be loaded: {type(error).__name__}: {error}"
                ) from error
        for fills in self._fills.values():
            fills.sort(key=lambda item: item[0])

    def _register(self, plugin: Plugin) -> None:
        _check_settings(plugin)
        for permission in plugin.permissions:
            _check_name(plugin, "permission", permission.name)
            self.permissions.add(permission)
        self._listeners += [(plugin, listener) for listener in plugin.listeners()]
        self._guards += [(plugin, declared) for declared in plugin.guards()]
        for fill in plugin.slots():
            if fill.slot.name not in self._fills:
                raise PluginError(f"The plugin {plugin.name} fills {fill.slot.name}, which is not a slot of the host.")
            self._fills[fill.slot.name].append((fill.order, plugin, fill.value))
        for name, function in plugin.jobs().items():
            _check_name(plugin, "job", name)
            self.jobs[name] = function
        for schedule in plugin.schedules():
            _check_name(plugin, "schedule", schedule.name)
            self.schedules.append(replace(schedule, function=partial(self._run_if_enabled, plugin, schedule.function)))
        self.menu += list(plugin.menu())

    def _run_if_enabled(self, plugin: Plugin, function: Callable[[Session], None], session: Session) -> None:
        enabled = select(PluginInstance).where(PluginInstance.plugin == plugin.name, PluginInstance.enabled)
        if session.scalars(enabled.limit(1)).first() is not None:
            function(session)

    def get(self, name: str) -> Plugin | None:
        """The loaded plugin of that name."""
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def listeners(self, event: type[Event]) -> Iterator[tuple[Plugin, Listener]]:
        """Who hears of this kind of event."""
        return ((plugin, listener) for plugin, listener in self._listeners if listener.event is event)

    def guards(self, intention: type[Intention]) -> Iterator[tuple[Plugin, Guard]]:
        """Who may refuse this kind of intention."""
        return ((plugin, declared) for plugin, declared in self._guards if declared.intention is intention)

    def fills(self, session: Session, slot: Slot[T], *, tenant_id: int, instance_id: int | None = None) -> list[T]:
        """What the plugins that work on this server and are enabled there put into a slot, in order."""
        return [
            value
            for _, plugin, value in self._fills[slot.name]
            if not plugin.problems()
            and (
                self.is_enabled_anywhere(session, plugin.name, tenant_id)
                if instance_id is None
                else self.is_enabled(session, plugin.name, instance_id)
            )
        ]

    def fills_of(self, plugin: Plugin, slot: Slot[T]) -> list[T]:
        """What one plugin puts into a slot, enabled or not."""
        return [value for _, owner, value in self._fills[slot.name] if owner is plugin]

    def with_settings(self) -> list[Plugin]:
        """The plugins that a tenant can switch and set in its instances: those that work on this server."""
        return [plugin for plugin in self.plugins if self.instance_settings(plugin) and not plugin.problems()]

    def instance_settings(self, plugin: Plugin) -> type[PluginSettings] | None:
        """The settings that a plugin declares for each instance."""
        return next((declared for declared in plugin.settings if declared.scope == "instance"), None)

    def is_enabled(self, session: Session, name: str, instance_id: int) -> bool:
        """Whether a loaded plugin is switched on in this instance."""
        row = session.get(PluginInstance, (name, instance_id))
        return self.get(name) is not None and row is not None and row.enabled

    def is_enabled_anywhere(self, session: Session, name: str, tenant_id: int) -> bool:
        """Whether a loaded plugin is switched on in any instance of this tenant."""
        return self.get(name) is not None and bool(
            session.scalar(
                select(PluginInstance.enabled)
                .join(Instance, Instance.id == PluginInstance.instance_id)
                .where(PluginInstance.plugin == name, PluginInstance.enabled, Instance.tenant_id == tenant_id)
                .limit(1)
            )
        )


def installed() -> dict[str, EntryPoint]:
    """The plugins whose entry point exists. A name that two distributions claim is an error."""
    found = list(entry_points(group=GROUP))
    twice = [name for name, count in Counter(point.name for point in found).items() if count > 1]
    if twice:
        raise PluginError(f"Two distributions offer a plugin named {twice[0]}. Uninstall one of them.")
    return {point.name: point for point in found}


def load(names: Iterable[str], config: Config) -> Registry:
    """Load the named plugins, in order. Raises `PluginError` when one is missing, named twice or broken."""
    available = installed()
    plugins: list[Plugin] = []
    for name in names:
        if name not in available:
            known = ", ".join(sorted(available)) or "none"
            raise PluginError(f"ERP_PLUGINS names {name}, which is not installed. Installed plugins: {known}.")
        if any(plugin.name == name for plugin in plugins):
            raise PluginError(f"ERP_PLUGINS names {name} twice. Name it once.")
        plugins.append(_load_one(name, available[name], config))
    return Registry(plugins)


def _load_one(name: str, point: EntryPoint, config: Config) -> Plugin:
    _check_plugin_name(name)
    package = point.module.rpartition(".")[0]
    if not package:
        raise PluginError(
            f"The plugin {name} is the module {point.module}, which is in no package. A plugin is a package, so that "
            "its models, migrations and templates are found beside it."
        )
    try:
        cls = point.load()
        if importlib.util.find_spec(f"{package}.models") is not None:
            importlib.import_module(f"{package}.models")
    except Exception as error:
        raise PluginError(f"The plugin {name} can't be imported: {type(error).__name__}: {error}") from error
    if not (isinstance(cls, type) and issubclass(cls, Plugin)):
        raise PluginError(f"The entry point of {name} is {cls!r}, which is not a class derived from Plugin.")
    _check_tables(name, package)
    plugin = cls()
    plugin.name = name
    plugin.version = point.dist.version if point.dist else "0"
    plugin.config = config
    return plugin


def host_tables() -> frozenset[str]:
    """The names of the host's own tables."""
    return frozenset(
        str(getattr(mapper.local_table, "name", ""))
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith("erp_core.")
    )


def _check_plugin_name(name: str) -> None:
    """A plugin's name begins its tables' names, so none may be the beginning of another's or of the host's."""
    if not (name.isascii() and name.isalnum() and name[0].isalpha() and name == name.lower() and len(name) <= MOST):
        raise PluginError(
            f"{name} can't be the name of a plugin: lower-case letters and digits only, a letter first, {MOST} at most."
        )
    if taken := sorted(table for table in host_tables() if table.startswith(f"{name}_")):
        raise PluginError(f"{name} can't be the name of a plugin: the host has a table {taken[0]}.")


def _check_name(plugin: Plugin, what: str, name: str) -> None:
    if not name.startswith(f"{plugin.name}."):
        raise PluginError(f"The {what} {name} of the plugin {plugin.name} must be named {plugin.name}.<something>.")


def _check_settings(plugin: Plugin) -> None:
    for scope, count in Counter(declared.scope for declared in plugin.settings).items():
        if count > 1:
            raise PluginError(f"The plugin {plugin.name} declares two settings classes for the scope {scope}.")
    for declared in plugin.settings:
        if without := [name for name, field in declared.model_fields.items() if field.is_required()]:
            raise PluginError(f"The setting {without[0]} of the plugin {plugin.name} needs a default value.")


def _check_tables(name: str, package: str) -> None:
    """Refuse tables that don't carry the plugin's name."""
    for mapper in Base.registry.mappers:
        table = str(getattr(mapper.local_table, "name", ""))
        if mapper.class_.__module__.startswith(f"{package}.") and not table.startswith(f"{name}_"):
            raise PluginError(f"The plugin {name} declares the table {table}; its tables must be named {name}_….")


def package_dir(plugin: Plugin) -> Path:
    """The folder of a plugin's code, where its migrations, templates and static files are."""
    module = importlib.import_module(type(plugin).__module__)
    return Path(module.__file__ or "").parent


_current = Registry()


def install(registry: Registry) -> None:
    """Make this the process's registry; `create_app` does."""
    global _current
    _current = registry


def current() -> Registry:
    """The process's registry. One process has one set of plugins, because tables and listeners are process-wide."""
    return _current
