"""Views: parse, call one service or query, render or redirect."""

from flask import Flask

from portal.views import errors, handset, health, home, outbox, parent, staff, web, webhooks


def register(app: Flask) -> None:
    web.register(app)
    errors.register(app)
    app.register_blueprint(health.bp)
    app.register_blueprint(home.bp)
    outbox.register(app)
    app.register_blueprint(handset.bp)
    app.register_blueprint(webhooks.bp)
    app.register_blueprint(parent.bp)
    staff.register(app)
