"""`flask texts`: send a text, work the queue, ask for what passed by."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.cli.refusals import find_school, refusing
from portal.config import Settings
from portal.delivery import text_sender, text_worker
from portal.delivery.shutdown import GracefulShutdown
from portal.extensions import writing
from portal.phone import PhoneError, PhoneNumber
from portal.services.actor import COMMAND
from portal.services.texting import send as texting
from portal.services.texting.send import TextingError

group = AppGroup("texts", help="Texts on their way out and in.")


@group.command("send")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option("--to", "typed", required=True, help="The number.")
@click.option("--body", required=True, help="The text; the school's name is put in front.")
def send(slug: str, typed: str, body: str) -> None:
    """Queue a text to one number, if it may be texted.

    Prints `number,queued`, or `number,refused,reason` and ends with 1. The worker sends it, and
    asks once more whether it may.

    \b
    Example:
      flask --app wsgi texts send --school oakwood --to "(415) 555-0182" --body "No school today."
    """
    school = find_school(slug)
    try:
        number = PhoneNumber.parse(typed, school.country).e164
    except PhoneError:
        click.echo(f"{typed},refused,not_a_number")
        raise SystemExit(1) from None
    with refusing():
        try:
            with writing():
                fault = texting.send_to_number(school, COMMAND, number, body)
        except TextingError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{number},refused,{fault}" if fault else f"{number},queued")
    if fault:
        raise SystemExit(1)


@group.command("work")
@click.option("--once", is_flag=True, help="Send what is due, and end.")
def work(once: bool) -> None:
    """Send texts that are due, and what comes to be due, until Ctrl-C.

    Several may run at once: no text is sent twice. Asks the provider every few minutes for texts
    that never arrived here.

    \b
    Example:
      flask --app wsgi texts work
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with GracefulShutdown() as shutdown, refusing():
        if not once:
            text_worker.work(app, lambda: shutdown.should_stop)
            return
        sent = text_worker.send_due(app, lambda: shutdown.should_stop)
        click.echo("1 text sent" if sent == 1 else f"{sent} texts sent")


@group.command("reconcile")
def reconcile() -> None:
    """Ask the provider for texts that never arrived here, and take them in.

    \b
    Example:
      flask --app wsgi texts reconcile
    """
    settings: Settings = current_app.config["PORTAL"]
    if settings.sms == "outbox":
        click.echo("Texts are kept in the outbox (PORTAL_SMS): there is no provider to ask.")
        return
    with refusing():
        try:
            new = text_sender.reconcile(current_app._get_current_object())  # type: ignore[attr-defined]
        except text_sender.NotNowError as error:
            raise click.ClickException(f"The provider can't be asked: {error}") from error
    click.echo("1 text taken in" if new == 1 else f"{new} texts taken in")
