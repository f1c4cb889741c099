"""`flask mail`: send queued email, and read bounces."""

import mailbox
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal.delivery import form_worker, mail_worker
from portal.delivery.heartbeat import Heartbeat
from portal.delivery.shutdown import GracefulShutdown, log
from portal.enums import WorkerKind
from portal.extensions import writing
from portal.labels import plural
from portal.services.mail import bounces as mail_bounces
from portal.services.mail import outcomes

group = AppGroup("mail", help="Send queued email, and read bounces.")


@group.command("work")
@click.option("--once", is_flag=True, help="Send what is due, then exit.")
def work(once: bool) -> None:
    """Send queued email as it comes due. Runs until you press Ctrl-C.

    Also applies forms that a web server accepted and could not apply before it ended.

    You can run several at the same time. No email is sent twice.

    \b
    Example:
      flask --app wsgi mail work --once
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        form_worker.apply_pending(app)
        sent = mail_worker.deliver(app)
        click.echo(f"{plural(sent, 'email')} sent")
        return
    with GracefulShutdown() as shutdown, Heartbeat(app, WorkerKind.MAIL):
        # In another thread, so that forms don't wait for a mail server that hangs.
        forms = threading.Thread(target=_repeat, args=[form_worker.apply_pending, app, shutdown])
        forms.start()
        _repeat(mail_worker.deliver, app, shutdown)
        forms.join()


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
