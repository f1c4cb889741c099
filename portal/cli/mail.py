"""`flask mail`: mail on its way out."""

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal.delivery import mail_worker
from portal.delivery.shutdown import GracefulShutdown, log

group = AppGroup("mail", help="Mail on its way out.")


@group.command("work")
@click.option("--once", is_flag=True, help="Send what is due, and end.")
def work(once: bool) -> None:
    """Send mail that is due, and what comes to be due, until Ctrl-C.

    Several may run at once: no mail is sent twice.

    \b
    Example:
      flask --app wsgi mail work --once
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        click.echo(f"{mail_worker.deliver(app)} mails sent")
        return
    with GracefulShutdown() as shutdown:
        while not shutdown.should_stop:
            try:
                mail_worker.deliver(app, lambda: shutdown.should_stop)
            except SQLAlchemyError:
                log.exception("the database cannot be used just now; the worker goes on")
            shutdown.rest()
