"""`flask mail`: send queued email, email the form to many, and read bounces."""

import mailbox
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.cli.refusals import find_school, refusing
from portal.delivery import campaign_worker, form_worker, mail_worker
from portal.delivery.heartbeat import Heartbeat
from portal.delivery.shutdown import GracefulShutdown, log
from portal.enums import WorkerKind
from portal.extensions import writing
from portal.labels import plural
from portal.queries.records.invitations import CampaignChoice, campaign_counts
from portal.services.actor import COMMAND
from portal.services.mail import bounces as mail_bounces
from portal.services.mail import campaigns, outcomes

group = AppGroup("mail", help="Send queued email, email the form, and read bounces.")
ON_OFF = click.Choice(["on", "off"])


@group.command("work")
@click.option("--once", is_flag=True, help="Send what is due, then exit.")
def work(once: bool) -> None:
    """Send queued email as it comes due. Runs until you press Ctrl-C.

    Also applies forms that a web server accepted and could not apply before it ended, and goes on
    with campaigns that email the form.

    You can run several at the same time. No email is sent twice.

    \b
    Example:
      flask --app wsgi mail work --once
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        form_worker.apply_pending(app)
        campaign_worker.work(app)
        sent = mail_worker.deliver(app)
        click.echo(f"{plural(sent, 'email')} sent")
        return
    with GracefulShutdown() as shutdown, Heartbeat(app, WorkerKind.MAIL):
        # In another thread, so that forms don't wait for a mail server that hangs.
        forms = threading.Thread(target=_repeat, args=[form_worker.apply_pending, app, shutdown])
        forms.start()
        form_emails = threading.Thread(target=_repeat, args=[campaign_worker.work, app, shutdown])
        form_emails.start()
        _repeat(mail_worker.deliver, app, shutdown)
        forms.join()
        form_emails.join()


def _repeat(
    work: Callable[[Flask, Callable[[], bool]], int], app: Flask, shutdown: GracefulShutdown
) -> None:
    """Work until the shutdown. Go on after an error: the other thread would not notice one."""
    while not shutdown.should_stop:
        try:
            work(app, lambda: shutdown.should_stop)
        except SQLAlchemyError:
            log.exception("database unavailable; will retry")
        except Exception:
            log.exception("the worker failed; will retry")
        shutdown.rest()


@group.command("campaign")
@click.option("--school", "slug", required=True, help="The school's short name.")
@click.option("--no-answer", type=ON_OFF, default="on", help="Parents with no answer yet.")
@click.option("--typed-by-staff", type=ON_OFF, default="on", help="Numbers that staff typed.")
@click.option("--opted-out", type=ON_OFF, default="off", help="Parents who opted out.")
@click.option(
    "--enrolled-only", type=ON_OFF, default="on", help="Only parents of enrolled students."
)
@click.option("--send", is_flag=True, help="Send the emails. Without this, nothing is sent.")
def campaign(slug: str, send: bool, **groups: str) -> None:
    """Email parents the form, to ask if we may text them.

    Prints how many parents and families get it, and how many are left out. No address gets it twice
    in 7 days. If it is interrupted, `flask mail work` goes on with it.

    \b
    Example:
      flask --app wsgi mail campaign --school oakwood --send
    """
    school = find_school(slug)
    choice = CampaignChoice(**{name: value == "on" for name, value in groups.items()})
    if not school.texting_on:
        raise click.ClickException(f"Texting is turned off at {slug}. Turn it on to ask parents.")
    with refusing():
        counts = campaign_counts(school, choice, clock.now())
        for name in _COUNTED:
            click.echo(f"{name},{getattr(counts, name)}")
        if send and counts.parents:
            with writing():
                started = campaigns.start(school, choice, secrets.token_hex(16), COMMAND.name)
            campaign_worker.go_on(school.id, started, lambda: False)
            click.echo(f"queued,{campaigns.emailed(school.id, started)}")


_COUNTED = (
    "parents",
    "families",
    "not_enrolled",
    "no_email",
    "email_refused",
    "emailed_lately",
)


@group.command("bounces")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bounces(file: Path) -> None:
    """Read emails that came back from FILE, a mailbox in mbox form.

    Staff see the address of each one as refused. Only a report on an email that this portal sent
    is used. You can read the same file again.

    \b
    Example:
      flask --app wsgi mail bounces bounces.mbox
    """
    found: Counter[bool | None] = Counter()
    for message in mailbox.mbox(file, create=False):
        bounce = mail_bounces.read_bounce(message)
        if bounce is None:
            found[None] += 1
            continue
        with writing():
            found[
                outcomes.record_bounce(bounce.school_id, bounce.mail_id, bounce.token, bounce.said)
            ] += 1
    click.echo(
        f"{plural(found[True], 'email')} came back, {found[False]:,} known already, "
        f"{plural(found[None], 'other')} skipped"
    )
