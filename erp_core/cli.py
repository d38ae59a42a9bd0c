"""The `erp` command."""

from __future__ import annotations

import json
import signal
import threading
from datetime import timedelta
from typing import Any

import click
from alembic.util import CommandError
from dotenv import find_dotenv, load_dotenv
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from erp_core import clock
from erp_core.app import create_app, sessions, start_engine
from erp_core.config import Config, ConfigError
from erp_core.errors import ERPError
from erp_core.extensions import db as database
from erp_core.jobs import outbox
from erp_core.jobs.worker import Cause
from erp_core.models import Actor, Instance, Message, MessageState, Role, Stream, User
from erp_core.models.types import InvalidKey
from erp_core.plugins import migrate, registry
from erp_core.plugins.registry import PluginError
from erp_core.services import accounts, tenants

ACTOR = Actor(name="Command line")


def _app() -> Flask:
    """The application, or a sentence about what is wrong with its settings. Its connections end with the command."""
    try:
        app = create_app()
    except (ConfigError, PluginError) as error:
        raise click.ClickException(str(error)) from None
    click.get_current_context().call_on_close(lambda: _disconnect(app))
    return app


def _disconnect(app: Flask) -> None:
    with app.app_context():
        database.engine.dispose()


def _ready_app() -> Flask:
    """The application on a database that is up to date, or a sentence about what is wrong."""
    app = _app()
    try:
        behind = migrate.behind(app)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"The database can't be reached: {reason}. Check DATABASE_URL.") from None
    finally:
        _disconnect(app)  # a server forks from here
    if behind:
        raise click.ClickException("The database is not up to date. Run: erp db upgrade\n" + "\n".join(behind))
    return app


class ERPGroup(click.Group):
    """The host's commands, and a group of each loaded plugin's."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The host's commands and the names of plugins that bring some. A broken plugin must not break `--help`."""
        try:
            return sorted({*super().list_commands(ctx), *_plugin_groups()})
        except (ConfigError, PluginError):
            return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """A command of the host, or the group of a plugin."""
        _read_dotenv()
        if (own := super().get_command(ctx, name)) is not None:
            return own
        try:
            return _plugin_groups().get(name)
        except (ConfigError, PluginError) as error:
            raise click.ClickException(str(error)) from None


def _read_dotenv() -> None:
    """Settings from a file `.env` in the folder where the command runs, or above it."""
    load_dotenv(find_dotenv(usecwd=True))


def _plugin_groups() -> dict[str, PluginGroup]:
    _read_dotenv()
    config = Config.from_environ()
    groups = {}
    for plugin in registry.load(config.plugins, config).plugins:
        commands = {command.name or "": command for command in plugin.commands()}
        if commands:
            groups[plugin.name] = PluginGroup(plugin.name, commands=commands, help=plugin.title())
    return groups


class PluginGroup(click.Group):
    """A plugin's commands. They run in the application's context; its `db.session` sees every tenant."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors for people are shown without a traceback."""
        with _ready_app().app_context(), PlainErrors(database.session()):
            return super().invoke(ctx)


@click.group(cls=ERPGroup)
@click.version_option(package_name="erp-quickbooks")
def main() -> None:
    """The ERP: serve it, look after its database, its plugins and its waiting work."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, help="Processes; SQLite is happiest with one.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
@click.option("--engine/--no-engine", default=True, help="Also run the worker and the schedules.")
def run(host: str, port: int, workers: int, threads: int, engine: bool) -> None:
    """Serve the ERP, worker and schedules included."""
    from erp_core.server import PortTaken, Server

    app = _ready_app()
    try:
        server = Server(app, bind=f"{host}:{port}", workers=workers, threads=threads, engine=engine)
    except PortTaken as error:
        raise click.ClickException(str(error)) from None
    server.run()


@main.command()
def worker() -> None:
    """Run the worker and the schedules alone, until a signal ends them."""
    app = _ready_app()
    engine = start_engine(app)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo("The worker is running. Press Ctrl+C to stop it.")
    stop.wait()
    engine.stop()


@main.group()
def plugins() -> None:
    """What is installed, loaded and enabled."""


@plugins.command("list")
def plugins_list() -> None:
    """Installed, loaded and enabled plugins, and what keeps them from working."""
    app = _app()
    behind = migrate.behind(app)
    loaded: registry.Registry = app.extensions["erp_registry"]
    with sessions(app)() as session:
        instances = session.scalars(select(Instance).order_by(Instance.id)).all() if not behind else ()
        for name, point in sorted(registry.installed().items()):
            plugin = loaded.get(name)
            state = "loaded" if plugin else "installed"
            click.echo(
                f"{name:<16}{state:<11}{point.dist.version if point.dist else ''}  {plugin.title() if plugin else ''}"
            )
            for instance in instances:
                if plugin and loaded.is_enabled(session, name, instance.id):
                    click.echo(f"{'':<16}enabled in {instance.code} ({instance.name}, id {instance.id})")
            for problem in plugin.problems() if plugin else ():
                click.echo(f"{'':<16}problem: {problem}")
    if behind:
        click.echo("The database is not up to date. Run: erp db upgrade")


@plugins.command("enable")
@click.argument("plugin")
@click.argument("instance")
def plugins_enable(plugin: str, instance: str) -> None:
    """Switch a plugin on in an instance (its code or id)."""
    _switch(plugin, instance, enabled=True)


@plugins.command("disable")
@click.argument("plugin")
@click.argument("instance")
def plugins_disable(plugin: str, instance: str) -> None:
    """Switch a plugin off in an instance (its code or id). Its waiting work is held, not dropped."""
    _switch(plugin, instance, enabled=False)


def _switch(name: str, code: str, *, enabled: bool) -> None:
    app = _ready_app()
    if app.extensions["erp_registry"].get(name) is None:
        raise click.ClickException(f"The plugin {name} is not loaded. ERP_PLUGINS must name it.")
    with app.app_context(), sessions(app)() as session, PlainErrors(session):
        instance = _instance(session, code)
        tenants.set_plugin_enabled(session, instance, name, enabled, actor=ACTOR)
        session.commit()
        click.echo(f"{name} is {'on' if enabled else 'off'} in {instance.name}.")


def _instance(session: Session, code: str) -> Instance:
    condition = Instance.id == int(code) if code.isdigit() else Instance.code == code
    found = session.scalars(select(Instance).where(condition)).all()
    if len(found) != 1:
        what = "no instance" if not found else "more than one instance (use the id)"
        raise click.ClickException(f"There is {what} called {code}.")
    return found[0]


class PlainErrors:
    """Show errors that are meant for people without a traceback, and undo what was begun."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, ERPError):
            self._session.rollback()
            raise click.ClickException(error.message) from None


@main.group()
def db() -> None:
    """The database's tables."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the tables of the host and of all loaded plugins to their newest version."""
    app = _app()
    migrate.upgrade(app)
    click.echo("The database is up to date.")


@db.command("check")
def db_check() -> None:
    """Say whether the tables are what the models say; exit code 1 if not."""
    problems = migrate.pending(_app())
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)
    click.echo("The tables are what the models say.")


@db.command("downgrade")
@click.argument("owner")
@click.argument("version")
@click.confirmation_option(prompt="This drops tables with what is in them. Go on?")
def db_downgrade(owner: str, version: str) -> None:
    """Take the tables of a plugin back to a version; `base` removes them. Those of the host and of others stay."""
    try:
        migrate.downgrade(_app(), owner, version)
    except (ERPError, CommandError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"The tables of {owner} are at {version}.")


@db.command("revision", hidden=True)
@click.argument("owner")
@click.argument("message")
def db_revision(owner: str, message: str) -> None:
    """Write a migration of the host or of a plugin from its models (for developers)."""
    try:
        migrate.revision(_app(), owner, message)
    except (ERPError, CommandError) as error:
        raise click.ClickException(str(error)) from None


@main.group()
def jobs() -> None:
    """The waiting work."""


@jobs.command("list")
@click.option("--state", type=click.Choice([str(state) for state in MessageState]), help="Only messages in this state.")
@click.option("--limit", default=50, show_default=True)
def jobs_list(state: str | None, limit: int) -> None:
    """Messages, newest first."""
    app = _ready_app()
    with sessions(app)() as session:
        query = select(Message).order_by(Message.id.desc()).limit(limit)
        if state:
            query = query.where(Message.state == state)
        for message in session.scalars(query):
            cause = Cause.from_json(message.error).headline if message.error else ""
            click.echo(f"{message.id:>7}  {message.state:<10}{message.job:<28}{message.subject:<28}{cause}")
        if (since := outbox.oldest_waiting(session)) is not None:
            click.echo(
                f"Due since {since:%Y-%m-%d %H:%M:%S} UTC at the longest. If that is minutes ago, is a worker running?"
            )


@jobs.command("show")
@click.argument("message_id", type=int)
def jobs_show(message_id: int) -> None:
    """Everything about one message."""
    app = _ready_app()
    with sessions(app)() as session:
        message = _message(session, message_id)
        for column in Message.__table__.columns:
            value = getattr(message, column.key)
            click.echo(f"{column.key:<16}{json.dumps(value, indent=2) if isinstance(value, dict) else value}")


@jobs.command("resend")
@click.argument("message_id", type=int)
def jobs_resend(message_id: int) -> None:
    """Send a failed message again, now; held where its plugin is switched off."""
    app = _ready_app()
    with app.app_context(), sessions(app)() as session, PlainErrors(session):
        message = _message(session, message_id)
        off = tenants.switched_off(session, message.plugin, message.instance_id)
        message = outbox.send_again(session, message, ACTOR, hold=off)
        session.commit()
        click.echo(f"Message {message.id} is {message.state}.{f' {off}' if off else ''}")


@jobs.command("hold")
@click.argument("stream")
@click.option("--release", is_flag=True, help="Let it go on instead.")
@click.option("--reason", default="Held from the command line", show_default=True)
def jobs_hold(stream: str, release: bool, reason: str) -> None:
    """Hold everything of one stream, such as quickbooks:connection:1, or let it go on."""
    app = _ready_app()
    with sessions(app)() as session:
        if release:
            outbox.release_stream(session, stream, operator=True)
        else:
            outbox.hold_stream(session, stream, reason, operator=True)
        session.commit()
        still = session.scalars(select(Stream.stopped).where(Stream.name == stream)).first()
        click.echo(f"{stream} is held: {still}" if still else f"{stream} is going on.")


def _message(session: Session, message_id: int) -> Message:
    message = session.get(Message, message_id)
    if message is None:
        raise click.ClickException(f"There is no message {message_id}.")
    return message


@main.command()
def seed() -> None:
    """Fill an empty database with two sample tenants. Refuses when there is any tenant."""
    from erp_core import sample

    app = _ready_app()
    with app.app_context(), sessions(app)() as session, PlainErrors(session):
        made = sample.seed(session)
        session.commit()
    for person in made:
        click.echo(f"{person.tenant or 'Host':<28}{person.email:<34}{person.password:<20}{person.token}")


@main.command()
@click.confirmation_option(prompt="Disarm all plugins in this database? Do this in a copy, never in the original.")
def neutralize() -> None:
    """Disarm a copied database, so that it can't act on the real world: every plugin is switched off and forgets its keys."""
    app = _ready_app()
    loaded: registry.Registry = app.extensions["erp_registry"]
    unreached = []
    with app.app_context(), sessions(app)() as session:
        names = tenants.switch_off_everywhere(session, actor=ACTOR)
        session.commit()
        for plugin in loaded.plugins:
            try:
                plugin.neutralize(session)
                session.commit()
            except InvalidKey:
                session.rollback()
                unreached.append(f"What {plugin.name} keeps secret can't be read with the keys of this server.")
    unreached += [
        f"{name} is not loaded, so it keeps its secrets. Name it in ERP_PLUGINS and run this again."
        for name in names
        if loaded.get(name) is None
    ]
    click.echo("Disarmed: " + (", ".join(plugin.name for plugin in loaded.plugins) or "no plugin is loaded") + ".")
    for sentence in unreached:
        click.echo(sentence)


@main.group()
def user() -> None:
    """People who sign in."""


@user.command("create-host")
@click.argument("email")
@click.option("--name", default="Host administrator", show_default=True)
@click.password_option(help="At least 10 characters; asked for when it is not given.")
def user_create_host(email: str, name: str, password: str) -> None:
    """Make the administrator of this server, who then creates tenants at /host."""
    app = _ready_app()
    with app.app_context(), sessions(app)() as session, PlainErrors(session):
        accounts.create_user(
            session, tenant_id=None, email=email, name=name, password=password, role=Role.HOST, actor=ACTOR
        )
        session.commit()
        click.echo(f"{email} can sign in now and create the first tenant.")


@main.group("api-token")
def api_token() -> None:
    """Tokens of programs."""


@api_token.command("create")
@click.argument("email")
@click.option("--name", default="command line", show_default=True)
@click.option("--days", type=int, help="Expires after so many days.")
def api_token_create(email: str, name: str, days: int | None) -> None:
    """Make a token for a person's programs; it is shown once."""
    app = _ready_app()
    with app.app_context(), sessions(app)() as session, PlainErrors(session):
        user = session.scalars(select(User).where(User.email == email.lower())).one_or_none()
        if user is None:
            raise click.ClickException(f"There is nobody with the address {email}.")
        expires_at = clock.now() + timedelta(days=days) if days else None
        _, raw = accounts.create_token(session, user, name, expires_at=expires_at, actor=ACTOR)
        session.commit()
        click.echo(raw)


if __name__ == "__main__":
    main()
