"""The command line: qbo-emulator serve."""

import signal
import threading

import click

from qbo_emulator.app import create_app
from qbo_emulator.emulator import CLIENT_ID, CLIENT_SECRET, Emulator
from qbo_emulator.sample import CHOICES
from qbo_emulator.server import Server
from qbo_emulator.switches import Switches
from qbo_emulator.webhooks.endpoint import FORMATS, VERIFIER_TOKEN, endpoint


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
@click.option("--unicode", is_flag=True, help="Take characters outside ISO-8859-1.")
@click.option("--cap-max-results", is_flag=True, help="Cap MAXRESULTS at 1000 instead of refusing more.")
@click.option("--refuse-inactive-with-balance", is_flag=True, help="Keep customers that owe something active.")
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
    unicode: bool,
    cap_max_results: bool,
    refuse_inactive_with_balance: bool,
    webhook_url: str | None,
    webhook_verifier_token: str,
    webhook_format: str,
) -> None:
    """Serve until interrupted."""
    switches = Switches(unicode, cap_max_results, refuse_inactive_with_balance)
    try:
        webhook = webhook_url and endpoint(
            {"url": webhook_url, "verifier_token": webhook_verifier_token, "format": webhook_format}
        )
    except ValueError as error:
        raise click.ClickException(f"--webhook-url: {error}") from None
    emulator = Emulator(state, company, client_id, client_secret, switches, webhook or None)
    try:
        server = Server(create_app(emulator), host, port)
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
        server.server_close()
        emulator.close()
