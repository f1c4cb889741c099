"""Views: parse, call one service or query, render or redirect."""

from flask import Flask

from portal.views import errors, health, home, parent, responses, senders, staff, webhooks
from portal.views.demo import handset, outbox


def register(app: Flask) -> None:
    responses.register(app)
    errors.register(app)
    app.before_request(senders.refuse_elsewhere)
    health.register(app)
    app.register_blueprint(home.bp)
    outbox.register(app)
    app.register_blueprint(handset.bp)
    app.register_blueprint(webhooks.bp)
    app.register_blueprint(parent.bp)
    staff.register(app)
