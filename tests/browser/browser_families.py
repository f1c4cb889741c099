"""Families on file before a story begins, and events from elsewhere while it goes on."""

from dataclasses import dataclass
from itertools import count
from string import ascii_lowercase

from sqlalchemy import select

from portal.enums import PhoneType
from portal.extensions import db, writing
from portal.models import ConfirmationWord
from portal.phone import show_number
from portal.services.accounts import parent_sign_in
from tests.support import families
from tests.support.families import CELL, phone
from tests.support.incoming import take
from tests.support.live import Live, inside
from tests.support.texted_links import link_to


@dataclass(frozen=True)
class BrowserFamily:
    """A student with one parent, who has one phone in the first slot."""

    surname: str
    student_id: int
    parent_id: int
    number: str
    """E.164."""

    @property
    def student(self) -> str:
        return f"Mateo {self.surname}"

    @property
    def parent(self) -> str:
        return f"Ana {self.surname}"

    @property
    def email(self) -> str:
        return email_of(self.surname)

    @property
    def shown(self) -> str:
        return shown(self.number)


def email_of(surname: str) -> str:
    """Ana's. The form knows a family by it."""
    return f"ana.{surname.lower()}@example.com"


def shown(number: str) -> str:
    """A number (E.164) as people at Oakwood School dial it."""
    return show_number(number, "US")


class BrowserFamilies:
    """Oakwood's records. Every story has families and numbers of its own."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self._lines = count(4000)
        self._families = count()

    def number(self) -> str:
        """A number (E.164) that is on no record yet."""
        return f"+1415555{next(self._lines)}"

    def surname(self, stem: str) -> str:
        """A name that nobody has yet, and that a look-up for another family does not find."""
        tens, ones = divmod(next(self._families), 26)
        return f"{stem}{ascii_lowercase[tens]}{ascii_lowercase[ones]}"

    def family(self, stem: str, kind: PhoneType = CELL) -> BrowserFamily:
        """As staff would have typed it: a Cell is opted in."""
        surname, number = self.surname(stem), self.number()
        with inside(self.live) as school:
            student = families.make_student(school, f"Mateo {surname}")
            parent = families.make_parent(
                school,
                f"Ana {surname}",
                student,
                email=email_of(surname),
                phones=[phone(number, kind)],
                typed=True,
            )
        return BrowserFamily(surname, student, parent, number)

    def stop(self, number: str) -> None:
        """A STOP comes in from the number."""
        with inside(self.live) as school:
            families.stop(school, number)

    def handset_confirms(self, number: str) -> None:
        """The word that a parent was shown comes in from the number."""
        with inside(self.live):
            word = db.session.scalars(
                select(ConfirmationWord.word).where(
                    ConfirmationWord.number == number, ConfirmationWord.used_at.is_(None)
                )
            ).one()
            db.session.rollback()
            take(word, number=number)

    def sign_in_link(self, family: BrowserFamily) -> str:
        """The path of a sign-in link that was emailed to a family."""
        with inside(self.live) as school, writing():
            token = parent_sign_in.make_link(school.id, family.email, "invitation")
        return f"/oakwood/sign-in/link/{token}"

    def texted_link(self, number: str) -> str:
        """A STOP comes in from the number: the path of the link in its confirmation."""
        with inside(self.live):
            take("STOP", number=number)
            return link_to(number, "stop_confirmation")
