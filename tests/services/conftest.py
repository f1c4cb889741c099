"""Fixtures of the services' tests."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.consent.wording import consent_wording
from portal.delivery import form_worker
from portal.extensions import db, writing
from portal.form_answers import ContactAnswers
from portal.queries.schools import SchoolRow
from portal.services.intake import receive
from portal.services.intake.receive import FormContext
from portal.services.intake.submissions import Receipt


@pytest.fixture
def take(app: Flask, school: SchoolRow) -> Callable[..., Receipt]:
    """Accept a form by nobody who is signed in, and apply it."""

    def take(answers: ContactAnswers, key: str = "a", session: str = "one") -> Receipt:
        sent = FormContext(
            form_key=key.ljust(32, "0"),
            session_digest=session,
            language="en",
            evidence={"ip": "127.0.0.1", "browser": "Test", "name": "Ana Ruiz"},
            wording=consent_wording(school.name, school.texting_number, school.country),
        )
        with writing():
            receipt = receive.accept_form(school, answers, sent)
        form_worker.apply_pending(app)
        db.session.rollback()
        return receipt

    return take
