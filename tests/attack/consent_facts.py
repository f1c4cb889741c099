"""A school's state as attacks look at it: states, logs, records, mails and texts."""

import re
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import func, select

from portal.consent import gate
from portal.extensions import db
from portal.models import (
    ConfirmationWord,
    ConsentEvent,
    ConsentStatus,
    Contact,
    Mail,
    Message,
    Phone,
)
from portal.queries.schools import SchoolRow
from portal.services.texting.link_texts import filled
from tests.attack.browser import Browser
from tests.attack.consent_model import NONE

VICTIMS, STRANGERS = "+14155550182", "+14155550183"
"""The number that all is about, and one that the stranger has."""
NUMBERS = (VICTIMS, STRANGERS)


@dataclass
class Person:
    name: str
    email: str
    browser: Browser
    signed_in: bool = False


class Facts:
    """The facts that can be seen of a school and its people."""

    app: Flask
    school: SchoolRow
    slug: str
    people: dict[str, Person]

    def _word(self, contact: int) -> str | None:
        return db.session.scalars(
            select(ConfirmationWord.word)
            .where(
                ConfirmationWord.school_id == self.school.id,
                ConfirmationWord.contact_id == contact,
                ConfirmationWord.number == VICTIMS,
                ConfirmationWord.used_at.is_(None),
            )
            .order_by(ConfirmationWord.id.desc())
        ).first()

    def _refused(self, number: str) -> bool:
        """True if the gate lets no text go to the number."""
        return gate.preview(self.school.id, [number])[number] is not None

    def _texted_links(self) -> list[tuple[str, str]]:
        """Number and path of every link in a text, oldest first."""
        rows = select(Message).where(Message.school_id == self.school.id).order_by(Message.id)
        texts = list(db.session.scalars(rows))
        bodies = filled(texts)
        return [
            (text.number, path.rstrip("."))
            for text in texts
            for path in re.findall(r"https?://[^/\s]+(/\S+)", bodies[text.id])
        ]

    def _emails(self) -> dict[int, str]:
        rows = select(Contact.id, Contact.email).where(Contact.school_id == self.school.id)
        return {contact: email for contact, email in db.session.execute(rows) if email}

    def contact(self, name: str) -> int | None:
        return db.session.scalars(
            select(Contact.id)
            .where(Contact.school_id == self.school.id, Contact.email == self.people[name].email)
            .order_by(Contact.id)
        ).first()

    def email_of(self, contact: int) -> str | None:
        return db.session.scalar(select(Contact.email).where(Contact.id == contact))

    def state(self, number: str) -> str:
        status = db.session.get(ConsentStatus, (self.school.id, number), populate_existing=True)
        return status.state if status is not None else NONE

    def events(self, number: str) -> list[ConsentEvent]:
        rows = select(ConsentEvent).where(
            ConsentEvent.school_id == self.school.id, ConsentEvent.number == number
        )
        return list(db.session.scalars(rows.order_by(ConsentEvent.seq)))

    def on_records(self, number: str) -> set[int]:
        rows = select(Phone.contact_id).where(
            Phone.school_id == self.school.id, Phone.number == number
        )
        return set(db.session.scalars(rows))

    def mails(self) -> int:
        """The newest one's id."""
        rows = select(func.max(Mail.id)).where(Mail.school_id == self.school.id)
        return db.session.scalar(rows) or 0

    def told(self, before: int) -> set[str]:
        """People whom emails since then told of a no: its owner, or the sender by a receipt."""
        rows = select(Mail.to_address).where(
            Mail.school_id == self.school.id,
            Mail.id > before,
            Mail.kind.in_(["owner_notice", "receipt"]),
        )
        return set(db.session.scalars(rows))
