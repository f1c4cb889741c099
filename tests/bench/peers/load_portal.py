"""Load the bench's families into the portal's own database, through the portal's own services.

    load_portal.py DATA DATABASE_URL EXPECT

Run from the portal's folder. Names, links, phones, and enrollments go through `Bulk`, and answers
through the ledger, with evidence and hashes: 500 families a transaction, as `flask demo load` does.
A load that was broken off goes on where it ended. EXPECT gets the sample contact's id, how many
rows the opt-out export must have, the counts, and the seconds that it took.
"""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby, islice
from pathlib import Path

Row = dict[str, str]
Family = tuple[list[Row], dict[str, list[Row]]]
"""Its contacts, and the phones of each by the contact's id."""

DATA, URL, EXPECT = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]
BATCH, TOLD_AGAIN = 500, 20_000
EMAIL, PASSWORD = "bench@oakwood.example", "correct horse battery staple 9"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (bench)"

sys.path.insert(0, str(Path.cwd()))
os.environ.update(PORTAL_DATABASE_URL=URL, PORTAL_SECRET_KEY="only for the bench, not a secret")

from sqlalchemy import func, select  # noqa: E402

from portal import clock, create_app  # noqa: E402
from portal.cli.demo import _tidy  # noqa: E402
from portal.consent import ledger  # noqa: E402
from portal.consent.wording import ConsentWording, consent_wording  # noqa: E402
from portal.enums import (  # noqa: E402
    Answer,
    ConsentState,
    ContactRole,
    EnrollmentStatus,
    PhoneType,
    Relationship,
    Slot,
    Source,
)
from portal.extensions import db, loading_many, writing  # noqa: E402
from portal.models import (  # noqa: E402
    ConsentEvent,
    ConsentStatus,
    Contact,
    ContactWord,
    Phone,
    Term,
    same_school,
)
from portal.models.columns import new_id  # noqa: E402
from portal.queries.schools import SchoolRow, get_school  # noqa: E402
from portal.services.contacts.bulk import Bulk  # noqa: E402
from portal.services.contacts.phones import PhoneValue  # noqa: E402
from portal.services.schools.schools import create_school  # noqa: E402

SLOTS = {str(i): slot for i, slot in enumerate(Slot, 1)}
RELATIONSHIPS = {
    "1": Relationship.MOTHER,
    "2": Relationship.FATHER,
    "3": Relationship.GUARDIAN,
    "4": Relationship.GRANDPARENT,
}


def families() -> Iterator[Family]:
    """Read both files side by side: they are in the families' order."""
    with (
        (DATA / "contact.csv").open(newline="", encoding="utf-8") as contacts,
        (DATA / "phone.csv").open(newline="", encoding="utf-8") as phones,
    ):
        rest = csv.DictReader(phones)
        ahead = next(rest, None)
        for _, rows in groupby(csv.DictReader(contacts), lambda row: row["family_id"]):
            members = list(rows)
            of: dict[str, list[Row]] = {member["id"]: [] for member in members}
            while ahead is not None and ahead["contact_id"] in of:
                of[ahead["contact_id"]].append(ahead)
                ahead = next(rest, None)
            yield members, of


@dataclass(slots=True)
class Loader:
    school: SchoolRow
    terms: dict[str, int]
    wording: ConsentWording
    sample: str
    bulk: Bulk = field(init=False)
    sample_id: int | None = None

    def __post_init__(self) -> None:
        self.bulk = Bulk(self.school.id, "roster", "Bench")

    def write(self, batch: list[Family]) -> None:
        for members, phones in batch:
            ids = {m["id"]: self._contact(m, phones[m["id"]]) for m in members}
            students = [m for m in members if m["role"] == "student"]
            parents = [m for m in members if m["role"] != "student"]
            for student in students:
                for parent in parents:
                    position = parent["position"]
                    self.bulk.link(
                        ids[student["id"]],
                        ids[parent["id"]],
                        int(position),
                        RELATIONSHIPS[position],
                    )
        self.bulk.flush()

    def _contact(self, member: Row, phones: list[Row]) -> int:
        first, last, role = member["first_name"], member["last_name"], ContactRole(member["role"])
        made = self.bulk.contact(first, last, role, member["email"])
        if role is ContactRole.STUDENT:
            status = EnrollmentStatus(member["status"])
            self.bulk.enroll(made, self.terms[member["term"]], status)
        if member["id"] == self.sample:
            self.sample_id = made
        self.bulk.phones(
            made,
            [PhoneValue(SLOTS[p["position"]], PhoneType(p["type"]), p["number"]) for p in phones],
        )
        for phone in phones:
            self._answers(phone, f"{first} {last}")
        return made

    def _answers(self, phone: Row, name: str) -> None:
        """Half of those who are opted out said yes on the form, then sent STOP; half said no there."""
        nth, out = int(phone["id"]), phone["consent"] == "out"
        if phone["consent"] == "in" or (out and nth % 2):
            self._decide(phone, Source.PUBLIC_FORM, Answer.YES, 60 + nth % 300, name)
        if out:
            source = Source.TEXT_REPLY if nth % 2 else Source.PUBLIC_FORM
            self._decide(phone, source, Answer.NO, 1 + nth % 50, name)

    def _decide(self, phone: Row, source: Source, answer: Answer, days: int, name: str) -> None:
        form = source is Source.PUBLIC_FORM
        ago = timedelta(days=days, minutes=int(phone["id"]) % 600)
        self.bulk.decisions.append(
            ledger.Decision(
                school_id=self.school.id,
                number=phone["number"],
                source=source,
                answer=answer,
                actor="visitor" if form else "handset",
                texting_number=self.school.texting_number,
                happened_at=clock.now() - ago,
                kept_wording=(self.wording.id, self.wording.language) if form else None,
                message_id=None if form else f"bench-{phone['id']}",
                evidence={"ip": "198.51.100.7", "name": name, "browser": BROWSER} if form else {},
            )
        )


def make_loader(sample: str) -> Loader:
    """Make the school, its terms, and the wording of the question, where they are not there."""
    with writing():
        school = get_school("oakwood") or create_school(
            "oakwood", "Oakwood School", "+12065550147", languages="en,es"
        )
        found = db.session.execute(select(Term.name, Term.id).where(Term.school_id == school.id))
        terms = {name: term_id for name, term_id in found}  # noqa: C416
        for year in (2025, 2026):
            name = f"{year}-{year + 1 - 2000}"
            if name not in terms:
                terms[name] = new_id()
                start, end = date(year, 8, 1), date(year + 1, 7, 31)
                db.session.add(
                    Term(
                        school_id=school.id,
                        id=terms[name],
                        name=name,
                        starts_on=start,
                        ends_on=end,
                    )
                )
        wording = consent_wording(school.name, school.texting_number, school.country)
        ledger.keep_wording(school.id, wording)
    return Loader(school, terms, wording, sample)


def load(loader: Loader) -> None:
    began = time.perf_counter()
    there = db.session.scalar(select(func.count()).select_from(Contact)) or 0
    db.session.rollback()
    seen = made = 0
    rest = families()
    with loading_many():
        while batch := list(islice(rest, BATCH)):
            made += len(batch)
            seen += sum(len(members) for members, _ in batch)
            if seen <= there:
                continue
            with writing():
                loader.write(batch)
            db.session.expunge_all()
            if made % TOLD_AGAIN == 0:
                speed = made / (time.perf_counter() - began)
                print(made, f"{speed:.0f}/s", file=sys.stderr, flush=True)
    _tidy()


def expected(loader: Loader, email: str) -> dict[str, object]:
    """Count what the bench will look for in pages and files."""
    numbers = (
        select(Phone.contact_id, Phone.number)
        .join(
            ConsentStatus, same_school(ConsentStatus, Phone, ConsentStatus.number == Phone.number)
        )
        .where(ConsentStatus.state == ConsentState.OPTED_OUT)
        .distinct()
    )
    models = (Contact, ContactWord, Phone, ConsentEvent, ConsentStatus)
    return {
        "id": loader.sample_id
        or db.session.scalar(select(Contact.id).where(Contact.email_key == email)),
        "opted_out": db.session.scalar(select(func.count()).select_from(numbers.subquery())),
        "counts": {
            model.__tablename__: db.session.scalar(select(func.count()).select_from(model))
            for model in models
        },
    }


def main() -> None:
    subprocess.run([*FLASK, "db", "upgrade"], check=True, stderr=subprocess.DEVNULL)
    began = time.perf_counter()
    sample = json.loads((DATA / "meta.json").read_text())["sample"]
    with create_app().app_context():
        loader = make_loader(str(sample["id"]))
        load(loader)
        found = expected(loader, sample["email"])
        db.session.rollback()
        if URL.startswith("sqlite"):
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
        db.session.remove()
        db.engine.dispose()
    account = ["staff", "create", EMAIL, "--school", "oakwood", "--role", "editor"]
    subprocess.run(
        [*FLASK, *account, "--name", "Bench", "--password-stdin"],
        input=PASSWORD + "\n",
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    EXPECT.write_text(json.dumps(found | {"load_s": round(time.perf_counter() - began, 1)}))


if __name__ == "__main__":
    main()
