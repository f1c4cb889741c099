"""The portal under attack: apps over fresh databases, in this process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from portal import create_app
from portal.extensions import db
from tests.support.client import watch
from tests.support.databases import Databases, settings
from tests.support.twilio_stand_in import ACCOUNT, TOKEN


@dataclass
class Site:
    databases: Databases
    engine: str

    @contextmanager
    def app(self, limits: bool = False, **config: Any) -> Iterator[Flask]:
        """An app over an empty database, with its context pushed; limits are off, unless asked."""
        changes: dict[str, Any] = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
        if limits:
            changes |= {"form_limit": 300, "sign_in_limit": 5}
        with self.databases.fresh(self.engine) as database:
            app = create_app(settings(database.url, **changes))
            app.jinja_env.bytecode_cache = self.databases.templates
            app.config.update(config)
            logger = logging.getLogger(app.logger.name)
            level = logger.level
            logger.setLevel(logging.CRITICAL + 1)
            watch(app)
            try:
                with app.app_context():
                    yield app
                    db.session.remove()
                    db.engine.dispose()
            finally:
                logger.setLevel(level)
