"""`flask texts`: queue a text, send what is due, fetch missed replies."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal import clock
from portal.cli.refusals import find_school, refusing
from portal.config import Settings
from portal.delivery import text_sender, text_worker
from portal.delivery.heartbeat import Heartbeat
from portal.delivery.shutdown import GracefulShutdown
from portal.enums import WorkerKind
from portal.extensions import writing
from portal.labels import plural
from portal.phone import PhoneError, PhoneNumber
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.texting import send as texting
from portal.services.texting.schedule import Schedule, ScheduleError, plan
from portal.services.texting.send import TextingError

group = AppGroup("texts", help="Send and receive texts.")


@group.command("send")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option("--to", "typed", required=True, help="The phone number to text.")
@click.option("--body", required=True, help="The text. The school's name is added at the start.")
@click.option("--at", default="", help="Time to send it, on the school's clock.")
@click.option(
    "--not-after",
    default="",
    help="Time after which it fails. Without it, 4 hours after it can first go out.",
)
def send(slug: str, typed: str, body: str, at: str, not_after: str) -> None:
    """Queue a text to one number, if it is opted in.

    Prints `number,queued`, or `number,refused,reason` with exit code 1. The worker checks again
    before it sends the text.

    Says on standard error when the text will go out. Times are like "2027-01-15 08:00".

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
                times = plan(school, at, not_after)
                fault = texting.send_to_number(school, COMMAND, number, body, times=times)
        except (TextingError, ScheduleError) as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{number},refused,{fault}" if fault else f"{number},queued")
    if fault:
        raise SystemExit(1)
    click.echo(say_times(school, times), err=True)


def say_times(school: SchoolRow, times: Schedule) -> str:
    """Say when a text goes out, on the school's clock."""
    first, end = (clock.say_time(at, school.timezone) for at in (times.first, times.not_after))
    start = f"It will go out {first}." if times.first > clock.now() else "It goes out right away."
    return f"{start} If it hasn't gone out by {end}, it won't be sent."


@group.command("work")
@click.option("--once", is_flag=True, help="Send what is due, then exit.")
def work(once: bool) -> None:
    """Send queued texts as they come due. Runs until you press Ctrl-C.

    You can run several at the same time. No text is sent twice. Checks the provider every few
    minutes for texts that the portal missed.

    \b
    Example:
      flask --app wsgi texts work
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with GracefulShutdown() as shutdown, refusing():
        if not once:
            with Heartbeat(app, WorkerKind.TEXTS):
                text_worker.work(app, lambda: shutdown.should_stop)
            return
        sent = text_worker.send_due(app, lambda: shutdown.should_stop)
        click.echo(f"{plural(sent, 'text')} sent")


@group.command("reconcile")
def reconcile() -> None:
    """Fetch texts from the provider that the portal missed.

    \b
    Example:
      flask --app wsgi texts reconcile
    """
    settings: Settings = current_app.config["PORTAL"]
    if settings.sms == "outbox":
        click.echo("Nothing to do. PORTAL_SMS is outbox, so there is no provider.")
        return
    with refusing():
        try:
            new = text_sender.reconcile(current_app._get_current_object())  # type: ignore[attr-defined]
        except text_sender.NotNowError as error:
            raise click.ClickException(f"Can't reach the provider: {error}") from error
    click.echo(f"Received {plural(new, 'missed text')}.")
