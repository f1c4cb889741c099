"""`flask mail`: send queued email."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal.delivery import form_worker, mail_worker
from portal.delivery.shutdown import GracefulShutdown, log
from portal.labels import plural

group = AppGroup("mail", help="Send queued email.")


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
    with GracefulShutdown() as shutdown:
        while not shutdown.should_stop:
            try:
                form_worker.apply_pending(app, lambda: shutdown.should_stop)
                mail_worker.deliver(app, lambda: shutdown.should_stop)
            except SQLAlchemyError:
                log.exception("database unavailable; will retry")
            shutdown.rest()
