"""A plugin that ERP_PLUGINS names but that is broken stops the start, with a sentence that says which and why."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import pytest

from erp_core.config import Config
from erp_core.plugins import registry
from erp_core.plugins.registry import PluginError
from tests.core.plugins.distribution import install

CONFIG = Config(database_url="sqlite://", secret_key="", encryption_keys=())


class Broken(NamedTuple):
    """The body of a plugin class, and the sentence that its start must end with."""

    about: str
    body: str
    sentence: str


BROKEN = [
    Broken(
        "unknown slot",
        'def slots(self): return [fill(Slot("invoice.smell", "A smell."), "roses")]',
        "The plugin {0} fills invoice.smell, which is not a slot of the host.",
    ),
    Broken(
        "job without prefix",
        'def jobs(self): return {"smell": print}',
        "The job smell of the plugin {0} must be named {0}.<something>.",
    ),
    Broken(
        "schedule without prefix",
        'def schedules(self): return [Schedule("smell", print, seconds=1)]',
        "The schedule smell of the plugin {0} must be named {0}.<something>.",
    ),
    Broken(
        "permission without prefix",
        'permissions = (Permission("smell", "Smell", ()),)',
        "The permission smell of the plugin {0} must be named {0}.<something>.",
    ),
    Broken(
        "permission declared twice",
        'permissions = (Permission("{0}.smell", "Smell", ()),) * 2',
        "The plugin {0} can't be loaded: ValueError: The permission {0}.smell exists already.",
    ),
    Broken(
        "setting without a default",
        'settings = (type("Bare", (PluginSettings,), dict(__annotations__=dict(smell=str), __module__="bare")),)',
        "The setting smell of the plugin {0} needs a default value.",
    ),
    Broken(
        "two settings classes of one scope",
        "settings = (PluginSettings, PluginSettings)",
        "The plugin {0} declares two settings classes for the scope instance.",
    ),
    Broken(
        "a declaration that raises",
        'def menu(self): raise KeyError("smell")',
        "The plugin {0} can't be loaded: KeyError: 'smell'",
    ),
]


def load(*names: str) -> str:
    """Load plugins and answer the sentence of the failure."""
    with pytest.raises(PluginError) as failure:
        registry.load(names, CONFIG)
    return str(failure.value)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the import path, for distributions."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def code(body: str) -> str:
    return (
        "from erp_core.plugins.slots import Slot\n"
        "from erp_core.toolkit import Permission, Plugin, PluginSettings, Schedule, fill\n"
        f"class Smelly(Plugin):\n    {body}\n"
    )


@pytest.mark.parametrize("number", range(len(BROKEN)), ids=[broken.about for broken in BROKEN])
def test_a_broken_declaration_is_named(place, number):
    name = f"smelly{number}"
    package = f"smelly_package_{number}"
    body = BROKEN[number].body.replace("{0}", name)
    install(place, "smelly", name, f"{package}.plugin:Smelly", {f"{package}/plugin.py": code(body)})
    assert load(name) == BROKEN[number].sentence.format(name)


def test_a_plugin_that_is_not_installed_is_named_with_those_that_are():
    known = ", ".join(sorted(point.name for point in entry_points(group="erp.plugins")))
    assert load("missing") == f"ERP_PLUGINS names missing, which is not installed. Installed plugins: {known}."
    assert "echo" in known


def test_a_plugin_that_is_named_twice_is_refused():
    assert load("echo", "echo") == "ERP_PLUGINS names echo twice. Name it once."


def test_a_plugin_that_cannot_be_imported_says_why(place):
    install(place, "torn", "torn", "torn_package.plugin:Torn", {"torn_package/plugin.py": "import no_such_library"})
    assert load("torn") == ("The plugin torn can't be imported: ModuleNotFoundError: No module named 'no_such_library'")


def test_a_plugin_whose_models_cannot_be_imported_says_why(place):
    files = {"torn_models/plugin.py": code("pass"), "torn_models/models.py": "1 / 0"}
    install(place, "torn", "tornmodels", "torn_models.plugin:Smelly", files)
    assert load("tornmodels") == "The plugin tornmodels can't be imported: ZeroDivisionError: division by zero"


def test_an_entry_point_must_be_a_plugin_class(place):
    files = {"stranger_package/plugin.py": "class Stranger: pass"}
    install(place, "stranger", "stranger", "stranger_package.plugin:Stranger", files)
    assert load("stranger").endswith("Stranger'>, which is not a class derived from Plugin.")


def test_a_plugin_must_be_a_package(place):
    install(
        place, "flat", "flat", "flat_module:Flat", {"flat_module.py": "from erp_core.toolkit import Plugin as Flat"}
    )
    assert load("flat").startswith("The plugin flat is the module flat_module, which is in no package.")


@pytest.mark.parametrize("name", ["Echo", "my-echo", "my_echo", "9echo", "e" * 41])
def test_a_name_that_could_not_begin_a_tables_name_is_refused(place, name):
    install(place, "named", name, "echo_plugin.plugin:EchoPlugin")
    assert load(name) == (
        f"{name} can't be the name of a plugin: lower-case letters and digits only, a letter first, 40 at most."
    )


def test_a_name_that_begins_a_table_of_the_host_is_refused(place):
    install(place, "named", "order", "echo_plugin.plugin:EchoPlugin")
    assert load("order") == "order can't be the name of a plugin: the host has a table order_line."


def test_two_distributions_must_not_offer_one_name(place):
    install(place / "first", "first", "twin", "echo_plugin.plugin:EchoPlugin")
    install(place / "second", "second", "twin", "echo_plugin.plugin:EchoPlugin")
    sys.path[:0] = [str(place / "first"), str(place / "second")]
    try:
        assert load("echo") == "Two distributions offer a plugin named twin. Uninstall one of them."
    finally:
        del sys.path[:2]


def test_a_blueprint_must_not_take_the_hosts_name(place, make_app):
    body = "def blueprints(self):\n        from flask import Blueprint\n        return [Blueprint('orders', __name__)]"
    install(place, "taker", "taker", "taker_package.plugin:Smelly", {"taker_package/plugin.py": code(body)})
    with pytest.raises(PluginError, match="The plugin taker has a blueprint named orders, but that name is taken"):
        make_app(plugins=("taker",))


def test_the_command_stops_with_the_sentence_when_a_table_is_not_the_plugins(tmp_path):
    """In a process of its own, because tables are known to a whole process."""
    models = """
        from erp_core.toolkit import Base
        from sqlalchemy.orm import Mapped, mapped_column

        class Smell(Base):
            __tablename__ = "smell"
            id: Mapped[int] = mapped_column(primary_key=True)
    """
    files = {"greedy_package/plugin.py": code("pass"), "greedy_package/models.py": models}
    install(tmp_path, "greedy", "greedy", "greedy_package.plugin:Smelly", files)
    environ = {"PYTHONPATH": str(tmp_path), "ERP_PLUGINS": "greedy", "ERP_DATA_DIR": str(tmp_path / "data")}
    ended = subprocess.run(
        [sys.executable, "-m", "erp_core.cli", "run"],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert ended.returncode == 1
    assert ended.stderr == "Error: The plugin greedy declares the table smell; its tables must be named greedy_….\n"
