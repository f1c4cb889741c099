"""Views: parse, call one service or query, render or redirect."""

from flask import Flask

from portal.views import csrf_check, errors, health, home, parent, responses, staff, webhooks
from portal.views.demo import handset, outbox


def register(app: Flask) -> None:
    responses.register(app)
    errors.register(app)
    app.before_request(csrf_check.refuse_cross_origin)
    health.register(app)
    app.register_blueprint(home.bp)
    outbox.register(app)
    app.register_blueprint(handset.bp)
    app.register_blueprint(webhooks.bp)
    app.register_blueprint(parent.bp)
    staff.register(app)
