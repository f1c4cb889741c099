"""Parents whom a campaign emails the form, with their counts, and the campaigns so far.

Each parent is in one group, by the cell phone that says the most: one that opted out, or whose
texts are paused because of a wish to stop, then one with no answer yet, then one that staff typed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from portal.consent import restrictions
from portal.consent.strength import UNANSWERED
from portal.enums import ConsentState, ContactRole, EnrollmentStatus, PauseReason
from portal.extensions import db
from portal.models import (
    Campaign,
    ConsentPause,
    ConsentStatus,
    Contact,
    ContactRoleAssignment,
    EmailRefusal,
    Enrollment,
    ParentLink,
    Phone,
    SignInKey,
    same_school,
)
from portal.queries.schools import SchoolRow

PURPOSE = "invitation"
PERIOD = timedelta(days=7)
"""A campaign emails no address that had the form in this time. The link in it is good as long."""
LISTED = 10
_WISHES = (PauseReason.ASKED_TO_STOP, PauseReason.LIKELY_STOP)
_TYPED, _NO_ANSWER, _OPTED_OUT = 1, 2, 3
_GROUPS = {"typed_by_staff": _TYPED, "no_answer": _NO_ANSWER, "opted_out": _OPTED_OUT}


@dataclass(frozen=True, slots=True)
class CampaignChoice:
    """The groups of parents that a campaign emails."""

    no_answer: bool = True
    typed_by_staff: bool = True
    opted_out: bool = False
    enrolled_only: bool = True

    @property
    def groups(self) -> list[int]:
        return [group for name, group in _GROUPS.items() if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """The parents whom a campaign would email, and those whom it leaves out, of its groups."""

    parents: int
    families: int
    of_group: dict[str, int]
    """By the name of each group: those who would get it, if the group were chosen."""
    no_email: int
    email_refused: int
    emailed_lately: int
    not_enrolled: int


def campaign_counts(school: SchoolRow, choice: CampaignChoice, now: datetime) -> CampaignCounts:
    """Count parents and families. One query."""
    people = _people(school, now - PERIOD, now).subquery()
    once = (
        select(
            people.c.grp,
            _left_out(people.c, choice).label("reason"),
            func.coalesce(people.c.family, -people.c.id).label("family"),
        )
        .cte("once")
        .prefix_with("MATERIALIZED")
    )
    parents = select(once.c.grp, once.c.reason, func.count()).group_by(once.c.grp, once.c.reason)
    families = select(literal(0), literal(""), func.count(once.c.family.distinct())).where(
        once.c.grp.in_(choice.groups), once.c.reason == ""
    )
    rows = db.session.execute(union_all(parents, families))
    found = Counter({(row[0], row[1]): row[2] for row in rows})

    def chosen(reason: str) -> int:
        return sum(found[group, reason] for group in choice.groups)

    return CampaignCounts(
        parents=chosen(""),
        families=found[0, ""],
        of_group={name: found[group, ""] for name, group in _GROUPS.items()},
        no_email=chosen("no_email"),
        email_refused=chosen("email_refused"),
        emailed_lately=chosen("emailed_lately"),
        not_enrolled=chosen("not_enrolled"),
    )


def next_parents(
    school: SchoolRow, choice: CampaignChoice, made_at: datetime, after: int, most: int
) -> tuple[list[int], int | None]:
    """Go through the next parents by their ids, and return those who get the email, and the last id
    of all. None if there were no more."""
    role = ContactRoleAssignment
    ids = db.session.scalars(
        select(role.contact_id)
        .where(
            role.school_id == school.id,
            role.role == ContactRole.PARENT,
            role.contact_id > after,
        )
        .order_by(role.contact_id)
        .limit(most)
    ).all()
    if not ids:
        return [], None
    people = _people(school, made_at - PERIOD, made_at, ids).subquery()
    gets_it = (people.c.grp.in_(choice.groups), _left_out(people.c, choice) == "")
    found = db.session.scalars(select(people.c.id).where(*gets_it).order_by(people.c.id))
    return list(found), ids[-1]


def campaigns(school_id: int) -> Sequence[Campaign]:
    """The newest campaigns."""
    newest = select(Campaign).where(Campaign.school_id == school_id).order_by(Campaign.id.desc())
    return db.session.scalars(newest.limit(LISTED)).all()


def unfinished_campaigns() -> Sequence[Row[int, int]]:
    """The schools' ids and the campaigns' own, oldest first."""
    waiting = select(Campaign.school_id, Campaign.id).where(Campaign.finished_at.is_(None))
    return db.session.execute(waiting.order_by(Campaign.id)).all()


def _left_out(person: Any, choice: CampaignChoice) -> ColumnElement[str]:
    """The reason why a parent gets no email, or nothing."""
    reasons = [
        (person.email_key.is_(None), "no_email"),
        (person.refused, "email_refused"),
        (person.lately, "emailed_lately"),
    ]
    if choice.enrolled_only:
        reasons.insert(0, (~person.enrolled, "not_enrolled"))
    return case(*reasons, else_="")


def _people(
    school: SchoolRow, since: datetime, until: datetime, among: Sequence[int] | None = None
) -> Select[*tuple[Any, ...]]:
    """Select the parents who are in a group, with all that decides if they get the email."""
    cells = _groups(school, among).subquery()
    refused = exists().where(
        EmailRefusal.school_id == school.id, EmailRefusal.email_key == Contact.email_key
    )
    return (
        select(
            Contact.id,
            cells.c.grp,
            Contact.email_key,
            refused.label("refused"),
            _emailed(school, since, until).label("lately"),
            _has_enrolled_child(school).label("enrolled"),
            _family(school).label("family"),
        )
        .select_from(cells)
        .join(Contact, and_(Contact.school_id == school.id, Contact.id == cells.c.contact_id))
        .where(~restrictions.sees_no_child(Contact), ~restrictions.has_blocked_email(Contact))
    )


def _groups(school: SchoolRow, among: Sequence[int] | None) -> Select[*tuple[Any, ...]]:
    """Select the parents and the group of each."""
    state, strength = ConsentStatus.state, ConsentStatus.strength
    wish = exists().where(  # the number's own row names only the pause that is hardest to end
        same_school(ConsentPause, ConsentStatus, ConsentPause.number == ConsentStatus.number),
        ConsentPause.ended_seq.is_(None),
        ConsentPause.reason.in_(_WISHES),
    )
    stop = or_(state == ConsentState.OPTED_OUT, and_(ConsentStatus.paused.is_not(None), wish))
    grp = case(
        (stop, _OPTED_OUT),
        (state == ConsentState.OPTED_IN, _TYPED),
        else_=_NO_ANSWER,
    )
    to_ask = or_(state.is_(None), state != ConsentState.OPTED_IN, strength.in_(UNANSWERED), stop)
    found: Select[*tuple[Any, ...]] = (
        select(Phone.contact_id, func.max(grp).label("grp"))
        .outerjoin(
            ConsentStatus, same_school(ConsentStatus, Phone, ConsentStatus.number == Phone.number)
        )
        .where(Phone.school_id == school.id, _CELL, Phone.of_parent, to_ask)
        .group_by(Phone.contact_id)
    )
    return found if among is None else found.where(Phone.contact_id.in_(among))


_CELL = Phone.type == literal_column("'cell'")


def _emailed(school: SchoolRow, since: datetime, until: datetime) -> ColumnElement[bool]:
    return exists().where(
        SignInKey.school_id == school.id,
        SignInKey.email_key == Contact.email_key,
        SignInKey.created_at > since,
        SignInKey.created_at < until,
        SignInKey.purpose == PURPOSE,
    )


def _has_enrolled_child(school: SchoolRow) -> ColumnElement[bool]:
    term = school.default_term_id
    return exists().where(
        ParentLink.school_id == school.id,
        ParentLink.parent_id == Contact.id,
        Enrollment.school_id == school.id,
        Enrollment.student_id == ParentLink.student_id,
        ~restrictions.hides(ParentLink),
        Enrollment.status == EnrollmentStatus.ENROLLED,
        Enrollment.term_id == term if term is not None else true(),
    )


def _family(school: SchoolRow) -> ColumnElement[int | None]:
    """A parent's first child, who is the same for all of a family's parents."""
    child = select(func.min(ParentLink.student_id)).where(
        ParentLink.school_id == school.id, ParentLink.parent_id == Contact.id
    )
    return child.scalar_subquery()
