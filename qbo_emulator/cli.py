"""The command line: qbo-emulator serve."""

import signal
import threading
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from qbo_emulator.api.latency import Latency, parse
from qbo_emulator.api.limits import LimitSettings
from qbo_emulator.app import create_app
from qbo_emulator.emulator import CLIENT_ID, CLIENT_SECRET, Emulator
from qbo_emulator.sample import CHOICES
from qbo_emulator.server import Server
from qbo_emulator.store import StateError
from qbo_emulator.switches import Switches
from qbo_emulator.webhooks.endpoint import FORMATS, VERIFIER_TOKEN, endpoint

LIMITS = LimitSettings()
COMMANDLINE = click.core.ParameterSource.COMMANDLINE


def switch_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for each switch, in the order of their fields."""
    for switch in reversed(fields(Switches)):
        name, meaning = f"--{switch.name.replace('_', '-')}", switch.metadata.get("help", "A switch.")
        if switch.default is False:
            command = click.option(name, is_flag=True, help=meaning)(command)
        else:
            command = click.option(name, type=click.IntRange(min=0), default=switch.default, help=meaning)(command)
    return command


def _latency(_: click.Context, option: click.Parameter, text: str | None) -> Latency:
    try:
        return parse(text) if text else Latency()
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param=option) from None


@click.group()
def main() -> None:
    """QuickBooks Online on this machine, for development and tests."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8100, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free port.")
@click.option("--company", default="sample", show_default=True, type=click.Choice(CHOICES), help="The first books.")
@click.option("--state", type=click.Path(dir_okay=False), help="A file that keeps everything; memory without it.")
@click.option("--client-id", default=CLIENT_ID, show_default=True, help="The registered app.")
@click.option("--client-secret", default=CLIENT_SECRET, show_default=True, help="Its secret.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="A registered redirect address; any without it.")
@click.option("--enforce-limits", is_flag=True, help="Refuse what is beyond Intuit's limits with 429.")
@click.option("--batch-items-count", is_flag=True, help="A batch counts as many requests a minute as it has items.")
@click.option(
    "--emails-per-day",
    default=LIMITS.emails_per_day,
    show_default=True,
    type=click.IntRange(0),
    help="Documents sent for each company, with --enforce-limits.",
)
@click.option("--read-allowance", type=click.IntRange(0), help="Reads a month for the app; then they get 429.")
@click.option("--latency", callback=_latency, help="How long answers take, as base=250ms,item=20ms.")
@switch_options
@click.option("--webhook-url", help="Where events are posted; nothing is sent without it.")
@click.option("--webhook-verifier-token", default=VERIFIER_TOKEN, show_default=True, help="Signs the events.")
@click.option(
    "--webhook-format", default=FORMATS[0], show_default=True, type=click.Choice(FORMATS), help="Their shape."
)
def serve(
    host: str,
    port: int,
    company: str,
    state: str | None,
    client_id: str,
    client_secret: str,
    redirect_uris: tuple[str, ...],
    enforce_limits: bool,
    batch_items_count: bool,
    emails_per_day: int,
    read_allowance: int | None,
    latency: Latency,
    webhook_url: str | None,
    webhook_verifier_token: str,
    webhook_format: str,
    **switches: Any,
) -> None:
    """Serve until interrupted."""
    limits = LimitSettings(
        enforce=enforce_limits,
        batch_items_count=batch_items_count,
        emails_per_day=emails_per_day,
        read_allowance=read_allowance,
    )
    try:
        webhook = webhook_url and endpoint(
            {"url": webhook_url, "verifier_token": webhook_verifier_token, "format": webhook_format}
        )
    except ValueError as error:
        raise click.ClickException(f"--webhook-url: {error}") from None
    try:
        emulator = Emulator(
            state, company, client_id, client_secret, Switches(**switches), webhook or None, redirect_uris, limits,
            latency,
        )  # fmt: skip
    except StateError as error:
        raise click.ClickException(f"--state: {error}") from None
    if emulator.had_books and click.get_current_context().get_parameter_source("company") == COMMANDLINE:
        click.echo(
            f"{state} has books already, so --company is ignored. POST /_emulator/reset fills them anew.", err=True
        )
    try:
        server = Server(create_app(emulator, host), host, port)
    except OSError as error:
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port."
        ) from None
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    click.echo(f"QuickBooks Online emulator: {server.url}")
    click.echo(f"Client id {client_id}, discovery {server.url}/.well-known/openid_sandbox_configuration")
    for realm, name in emulator.companies():
        click.echo(f"Company {realm}  {name}")
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        emulator.faults.clear()
        server.server_close()
        emulator.close()
