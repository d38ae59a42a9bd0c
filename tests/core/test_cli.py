"""The `erp` command, on a real database, with Echo as the plugin."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select

from echo_plugin.models import Note
from echo_plugin.settings import InstanceSettings
from erp_core.cli import main
from erp_core.jobs import outbox
from erp_core.models import Activity, ApiToken, Instance, Message, PluginInstance, Role, Stream, Tenant
from erp_core.plugins import registry
from erp_core.plugins.settings import read, write
from erp_core.services import accounts
from erp_core.testing import ENCRYPTION_KEY
from erp_core.testing.client import settle
from erp_core.testing.factories import InstanceFactory, InvoiceFactory, UserFactory

Erp = Callable[..., Result]


@pytest.fixture
def erp_plugins() -> tuple[str, ...]:
    """Echo, whatever ERP_PLUGINS says."""
    return ("echo",)


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of the command: the test's database and keys."""
    return {
        "DATABASE_URL": database_url,
        "ERP_PLUGINS": "echo",
        "ERP_DATA_DIR": str(tmp_path / "data"),
        "ERP_SECRET_KEY": "only-for-tests",
        "ERP_ENCRYPTION_KEYS": ENCRYPTION_KEY,
    }


@pytest.fixture
def erp(environ: Mapping[str, str]) -> Erp:
    """Run a command as somebody types it: `erp("jobs", "list")`. Keywords replace variables of the environment."""

    def erp(*command: object, **changes: str) -> Result:
        settle()
        before = registry.current()
        result = CliRunner().invoke(main, [str(word) for word in command], env={**environ, **changes})
        registry.install(before)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return erp


@pytest.fixture
def shop(session) -> Instance:
    shop: Instance = InstanceFactory(name="Main Street", code="MAIN")
    return shop


def test_the_installed_command_is_this_command(environ):
    erp = Path(sys.executable).with_name("erp")
    ended = subprocess.run(
        [erp, "plugins", "list"], env={**os.environ, **environ}, capture_output=True, text=True, check=True, timeout=50
    )
    assert "echo            loaded     1.0.0  Echo" in ended.stdout
    assert ended.stderr == ""


def test_plugins_are_listed_switched_on_and_off(erp, session, shop):
    assert "quickbooks      installed" in erp("plugins", "list").stdout
    assert erp("plugins", "enable", "echo", "MAIN").stdout == "echo is on in Main Street.\n"
    assert session.scalars(select(PluginInstance.enabled)).one() is True
    listed = erp("plugins", "list", ECHO_MUTED="1").stdout
    assert f"enabled in MAIN (Main Street, id {shop.id})" in listed
    assert "problem: ECHO_MUTED is set" in listed
    assert erp("plugins", "disable", "echo", shop.id).stdout == "echo is off in Main Street.\n"
    settle()
    assert session.scalars(select(PluginInstance.enabled)).one() is False
    assert session.scalars(select(Activity.actor_name).where(Activity.action == "plugin_disabled")).one() == (
        "Command line"
    )


def test_switching_what_is_not_there_is_refused(erp, shop):
    for command, sentence in (
        (("enable", "quickbooks", "MAIN"), "The plugin quickbooks is not loaded. ERP_PLUGINS must name it."),
        (("enable", "echo", "NONE"), "There is no instance called NONE."),
    ):
        ended = erp("plugins", *command)
        assert (ended.exit_code, ended.stderr) == (1, f"Error: {sentence}\n")


def test_a_code_that_two_tenants_use_needs_the_id(erp, shop):
    InstanceFactory(code="MAIN")
    assert "more than one instance (use the id)" in erp("plugins", "enable", "echo", "MAIN").stderr


def test_an_empty_database_is_upgraded_and_checked(erp, databases):
    url = databases.empty()
    unready = erp("jobs", "list", DATABASE_URL=url)
    assert unready.exit_code == 1
    assert unready.stderr.startswith("Error: The database is not up to date. Run: erp db upgrade\n")
    assert "The database is not up to date" in erp("plugins", "list", DATABASE_URL=url).stdout
    checked = erp("db", "check", DATABASE_URL=url)
    assert checked.exit_code == 1
    assert "host: at nothing" in checked.stdout
    assert "echo: at nothing" in checked.stdout
    assert erp("db", "upgrade", DATABASE_URL=url).exit_code == 0
    assert erp("db", "check", DATABASE_URL=url).stdout == "The tables are what the models say.\n"
    databases.drop(url)


def test_a_plugins_tables_are_taken_back_and_made_again(erp, app):
    assert erp("db", "downgrade", "echo", "base", "--yes").stdout == "The tables of echo are at base.\n"
    assert erp("db", "check").stdout == "echo: at nothing, the newest is echo_0001.\n"
    assert erp("db", "check", ERP_PLUGINS="").exit_code == 0
    assert erp("db", "upgrade").exit_code == 0
    assert erp("db", "check").exit_code == 0
    assert erp("db", "downgrade", "nobody", "base", "--yes").stderr == (
        "Error: nobody is not loaded. Tables have: host, echo.\n"
    )


def test_the_waiting_work_is_listed_shown_sent_again_and_held(erp, session, worker, shop):
    erp("plugins", "enable", "echo", "MAIN")
    write(session, "echo", shop.id, InstanceSettings(words=""))
    invoice = InvoiceFactory(instance=shop)
    subject = f"echo:invoice:{invoice.id}"
    assert "pending" in erp("jobs", "list").stdout
    worker.drain()
    message = session.scalars(select(Message)).one()
    listed = erp("jobs", "list", "--state", "failed").stdout
    assert f"{message.id:>7}  failed    echo.write_note             {subject}" in listed
    assert "Echo has no words" in listed
    assert erp("jobs", "list", "--state", "pending").stdout == ""
    shown = erp("jobs", "show", message.id).stdout
    assert "no_words" in shown
    assert f"stream          echo:instance:{shop.id}" in shown

    write(session, "echo", shop.id, InstanceSettings(words="Again:"))
    erp("plugins", "disable", "echo", "MAIN")
    held = f"Message {message.id} is held. Echo is switched off in {shop.name}.\n"
    assert erp("jobs", "resend", message.id).stdout == held
    assert worker.drain() == 0
    erp("plugins", "enable", "echo", "MAIN")
    assert erp("jobs", "resend", message.id).stdout == f"Message {message.id} is pending.\n"
    assert erp("jobs", "hold", message.stream).stdout == f"{message.stream} is held: Held from the command line\n"
    assert worker.drain() == 0
    outbox.hold_stream(session, message.stream, "The connection ended.")
    session.commit()
    settle()
    still = f"{message.stream} is held: The connection ended.\n"
    assert erp("jobs", "hold", message.stream, "--release").stdout == still
    erp("jobs", "hold", message.stream)
    outbox.release_stream(session, message.stream)
    session.commit()
    settle()
    assert worker.drain() == 0
    assert session.scalars(select(Stream.stopped)).one() == "Held from the command line"
    assert erp("jobs", "hold", message.stream, "--release").stdout == f"{message.stream} is going on.\n"
    assert worker.drain() == 1
    assert session.scalars(select(Note.text)).one() == f"Again: {invoice.number} in Main Street"

    finished = erp("jobs", "resend", message.id)
    assert (finished.exit_code, finished.stderr) == (1, "Error: There is nothing to send again: this is finished.\n")
    assert erp("jobs", "show", 4711).stderr == "Error: There is no message 4711.\n"


def test_sample_data_fill_an_empty_database_once(erp, session):
    seeded = erp("seed", ERP_PLUGINS="")
    assert seeded.exit_code == 0, seeded.output
    tenants = session.scalars(select(Tenant.name)).all()
    assert len(tenants) == 2
    assert all(name in seeded.stdout for name in tenants)
    again = erp("seed", ERP_PLUGINS="")
    assert again.exit_code == 1
    assert again.stderr.startswith("Error: ")
    settle()
    assert session.scalars(select(Tenant.name)).all() == tenants


def test_a_copy_is_disarmed(erp, session, shop):
    erp("plugins", "enable", "echo", "MAIN")
    write(session, "echo", shop.id, InstanceSettings(words="Kept", password=SecretStr("open sesame")))
    InvoiceFactory(instance=shop)
    assert erp("neutralize", "--yes").stdout == "Disarmed: echo.\n"
    settle()
    assert session.scalars(select(PluginInstance.enabled)).one() is False
    assert session.scalars(select(Message.state)).one() == "held"
    settings = read(session, "echo", InstanceSettings, shop.id)
    assert (settings.words, settings.password) == ("Kept", None)


def test_a_copy_is_disarmed_also_of_plugins_that_are_not_loaded(erp, session, shop):
    erp("plugins", "enable", "echo", "MAIN")
    InvoiceFactory(instance=shop)
    said = erp("neutralize", "--yes", ERP_PLUGINS="").stdout
    assert "echo is not loaded, so it keeps its secrets." in said
    settle()
    assert session.scalars(select(PluginInstance.enabled)).one() is False
    assert session.scalars(select(Message.state)).one() == "held"


def test_a_copy_without_the_keys_is_disarmed(erp, session, shop):
    erp("plugins", "enable", "echo", "MAIN")
    write(session, "echo", shop.id, InstanceSettings(password=SecretStr("open sesame")))
    disarmed = erp("neutralize", "--yes", ERP_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert disarmed.exit_code == 0
    assert "What echo keeps secret can't be read with the keys of this server." in disarmed.stdout
    settle()
    assert session.scalars(select(PluginInstance.enabled)).one() is False


def test_disarming_asks_first(erp):
    assert erp("neutralize").exit_code == 1
    assert "Disarmed" not in erp("neutralize").stdout


def test_a_token_is_made_and_shown_once(erp, session, client):
    person = UserFactory()
    token = erp("api-token", "create", person.email.upper(), "--days", "1").stdout.strip()
    assert accounts.user_of_token(session, token).id == person.id
    stored = session.scalars(select(ApiToken)).one()
    assert token not in (stored.digest, stored.hint)
    assert client.get("/api/invoices", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    nobody = erp("api-token", "create", "nobody@example.com")
    assert nobody.stderr == "Error: There is nobody with the address nobody@example.com.\n"


def test_the_first_administrator_of_a_server_is_made_without_sample_data(erp, session):
    made = erp("user", "create-host", "Root@Example.com", "--password", "a long enough one")
    assert made.stdout == "Root@Example.com can sign in now and create the first tenant.\n"
    assert accounts.authenticate(session, "root@example.com", "a long enough one").role is Role.HOST
    assert erp("user", "create-host", "other@example.com", "--password", "short").exit_code == 1


def test_a_plugins_command_runs_in_the_application(erp, session, shop):
    assert erp("echo", "say", shop.id, "Hello").stdout == "Heard Hello in Main Street\n"
    assert session.scalars(select(Note.text)).one() == "Heard Hello in Main Street"
    wrong = erp("echo", "say", 4711, "Hello")
    assert (wrong.exit_code, wrong.stderr) == (1, "Error: There is no instance 4711. See: erp plugins list\n")
    assert "echo " in erp("--help").stdout


def test_a_broken_plugin_is_named_by_every_command_but_help_works(erp):
    for command in (["plugins", "list"], ["jobs", "list"], ["echo", "say", "1", "Hello"]):
        assert erp(*command, ERP_PLUGINS="nobody").stderr.startswith("Error: ERP_PLUGINS names nobody, which is not")
    assert "plugins" in erp("--help", ERP_PLUGINS="nobody").stdout


def test_a_plugin_that_is_not_loaded_has_no_command(erp):
    assert "No such command 'echo'" in erp("echo", "say", "1", "Hello", ERP_PLUGINS="").stderr


def test_a_wrong_database_address_is_explained(erp):
    assert erp("db", "check", DATABASE_URL="mysql://nowhere").stderr == (
        "Error: DATABASE_URL must start with sqlite: or postgresql:, not mysql:.\n"
    )
