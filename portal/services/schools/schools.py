"""Create and change schools, for the commands. Callers commit."""

import re
from datetime import date
from functools import cache
from zoneinfo import available_timezones

import phonenumbers
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.email_address import has_valid_domain, typed_address
from portal.extensions import db
from portal.models import School, Term, TextingNumber
from portal.models.columns import new_id
from portal.normalize import clean, has_control
from portal.phone import PhoneError, PhoneNumber
from portal.queries.schools import SchoolRow, get_school
from portal.services.schools import saved_searches
from portal.services.texting import queue as text_queue
from portal.services.texting import send_window

RESERVED_SLUGS = frozenset({"staff", "static", "webhooks", "healthz", "readyz"})
"""First parts of the portal's own addresses. No school can have them."""


class SchoolError(ValueError):
    """A school can't be created or changed like this. The message says why, and what would work."""


def create_school(
    slug: str,
    name: str,
    texting_number: str,
    country: str = "US",
    timezone: str = "America/Los_Angeles",
    languages: str = "en,es",
    send_window: str = "08:00-20:00",
) -> SchoolRow:
    """A school with texting on and this school year as its default term. `send_window` may be
    `always`. Raises SchoolError."""
    slug = _slug(slug)
    school = School(
        slug=slug,
        name=_name(name),
        country=_country(country),
        timezone=_timezone(timezone),
        languages=languages,
        texting_on=True,
        send_window=_window(send_window),
        created_at=clock.now(),
    )
    number = _number(texting_number, school.country)
    _check_unused(number)
    db.session.add(school)
    _flush("Someone else just created this school or took its texting number.")
    db.session.add(TextingNumber(school_id=school.id, number=number, since=clock.now()))
    db.session.add(_default_term(school))
    _flush(f"Another school just took the texting number {number}.")
    saved_searches.bring_with_school(school.id)
    return _row(slug)


def set_school(
    slug: str,
    name: str | None = None,
    texting_on: bool | None = None,
    texting_number: str | None = None,
    timezone: str | None = None,
    send_window: str | None = None,
    stop_confirmation: str | None = None,
    welcome_on: bool | None = None,
    text_countries: str | None = None,
    per_second: float | None = None,
    reply_copy_to: str | None = None,
    office_phone: str | None = None,
    office_email: str | None = None,
) -> SchoolRow:
    """Change only these settings. The old texting number stays reserved for the school.

    `send_window`: `08:00-20:00` or `always`. `text_countries`: ISO codes with commas, or `own`.
    `per_second`: the most texts that its number sends. `reply_copy_to`: an email address, or
    `none`.

    Raises SchoolError.
    """
    school = db.session.scalar(select(School).where(School.slug == slug))
    if school is None:
        raise SchoolError(unknown_school_message(slug))
    if name is not None:
        school.name = _name(name)
    if texting_on is not None:
        school.texting_on = texting_on
    if timezone is not None:
        school.timezone = _timezone(timezone)
        text_queue.reset_due_times(school.id)
    if texting_number is not None:
        _change_number(school, _number(texting_number, school.country))
    _set_texting(school, send_window, stop_confirmation, welcome_on, text_countries)
    if reply_copy_to is not None:
        school.reply_copy_to = None if reply_copy_to == "none" else _office_email(reply_copy_to)
    _set_office(school, office_phone, office_email)
    db.session.flush()
    if per_second is not None:
        _set_rate(school.id, per_second)
    return _row(slug)


def _set_texting(
    school: School,
    send_window: str | None,
    stop_confirmation: str | None,
    welcome_on: bool | None,
    text_countries: str | None,
) -> None:
    if send_window is not None:
        school.send_window = _window(send_window)
        text_queue.reset_due_times(school.id)
    if stop_confirmation is not None:
        school.stop_confirmation = stop_confirmation
    if welcome_on is not None:
        school.welcome_on = welcome_on
    if text_countries is not None:
        school.text_countries = _countries(text_countries)


def _set_office(school: School, phone: str | None, email: str | None) -> None:
    """Keep how to reach the office, for the answer to HELP. An empty one takes it away."""
    if phone is not None:
        school.office_phone = _office_phone(phone, school.country) if phone else None
    if email is not None:
        school.office_email = _office_email(email) if email else None


def unknown_school_message(slug: str) -> str:
    """Return the error for an unknown school."""
    known = ", ".join(db.session.scalars(select(School.slug).order_by(School.slug)))
    return f"Can't find the school {slug!r}. Schools: {known or 'none yet'}."


def school_year(today: date) -> tuple[str, date, date]:
    """Return name, first day, and last day of the school year of `today`: August 1 to July 31."""
    start = today.year if today.month >= 8 else today.year - 1
    return f"{start}-{(start + 1) % 100:02}", date(start, 8, 1), date(start + 1, 7, 31)


def _default_term(school: School) -> Term:
    name, starts_on, ends_on = school_year(clock.local(clock.now(), school.timezone).date())
    return Term(
        school_id=school.id,
        id=new_id(),
        name=name,
        starts_on=starts_on,
        ends_on=ends_on,
        is_default=True,
    )


def _change_number(school: School, number: str) -> None:
    """Retire the current texting number. A STOP sent to it still finds the school."""
    rows = db.session.scalars(select(TextingNumber).where(TextingNumber.school_id == school.id))
    mine = {row.number: row for row in rows}
    if number not in mine:
        _check_unused(number)
    for row in mine.values():
        if row.until is None and row.number != number:
            row.until = clock.now()
    db.session.flush()
    if number in mine:
        mine[number].until = None
    else:
        rate = max((row.per_second for row in mine.values()), default=None)
        new = TextingNumber(school_id=school.id, number=number, since=clock.now())
        if rate is not None:
            new.per_second = rate
        db.session.add(new)
    _flush(f"Another school just took the texting number {number}.")
    text_queue.switch_sending_number(school.id, number)


def _slug(typed: str) -> str:
    if not re.fullmatch(r"[a-z](?:[a-z0-9]|-(?!-)){0,38}[a-z0-9]", typed):
        raise SchoolError(
            f"Can't use the short name {typed!r}. Use 2 to 40 lowercase letters, digits, and "
            f"single hyphens, starting with a letter, like oakwood-high."
        )
    if typed in RESERVED_SLUGS:
        raise SchoolError(
            f"Can't use the short name {typed!r}. The portal uses that address itself."
        )
    if db.session.scalar(select(School.id).where(School.slug == typed)) is not None:
        raise SchoolError(f"Can't use the short name {typed!r}. A school already has it.")
    return typed


def _name(typed: str) -> str:
    name = clean(typed)
    if not name or len(name) > 100 or has_control(typed):
        raise SchoolError(
            "Can't use that name. Use 1 to 100 characters, with no control characters."
        )
    return name


def _country(typed: str) -> str:
    if typed not in phonenumbers.SUPPORTED_REGIONS:
        raise SchoolError(f"Can't use the country {typed!r}. Use a two-letter code, like US or MX.")
    return typed


def _timezone(typed: str) -> str:
    if typed not in _timezones() or len(typed) > 40:
        raise SchoolError(
            f"Can't use the time zone {typed!r}. Use an IANA name, like America/Los_Angeles."
        )
    return typed


@cache
def _timezones() -> set[str]:
    """Return the time zones that the machine knows. To list them takes the time of some pages."""
    return available_timezones()


def _window(typed: str) -> str | None:
    """`always`, or `08:00-20:00`."""
    if typed == "always":
        return None
    try:
        send_window.parse(typed)
    except ValueError as error:
        raise SchoolError(
            f"Can't use the send window {typed!r}. Use a start and an end time, like 08:00-20:00, "
            f"or `always`."
        ) from error
    return typed


def _countries(typed: str) -> str | None:
    """`own`, or codes with commas."""
    if typed == "own":
        return None
    return ",".join(dict.fromkeys(_country(part.strip().upper()) for part in typed.split(",")))


def _office_phone(typed: str, country: str) -> str:
    try:
        return PhoneNumber.parse(typed, country).e164
    except PhoneError as error:
        raise SchoolError(
            f"Can't use the office phone {typed!r}. Use a full number, like (206) 555-0147."
        ) from error


def _office_email(typed: str) -> str:
    address = typed_address(typed)
    if address.startswith("@") or not has_valid_domain(address) or len(address) > 254:
        raise SchoolError(
            f"Can't use the office email {typed!r}. Use an address, like office@oakwood.example."
        )
    return address


def _set_rate(school_id: int, per_second: float) -> None:
    if not 0.01 <= per_second <= 1000:
        raise SchoolError(f"Can't use {per_second:g} texts per second. Use 0.01 to 1000, like 1.")
    db.session.execute(
        update(TextingNumber)
        .where(TextingNumber.school_id == school_id)
        .values(per_second=per_second, next_at=None)
    )


def _number(typed: str, country: str) -> str:
    try:
        return PhoneNumber.parse(typed, country).e164
    except PhoneError as error:
        raise SchoolError(
            f"Can't use the texting number {typed!r} in {country} "
            f"({error.fault.value.replace('_', ' ')}). Use a phone number like +1 206 555 0147."
        ) from error


def _check_unused(number: str) -> None:
    """Refuse a number that any school ever had: a STOP sent to it must find the right school."""
    slug = db.session.scalar(
        select(School.slug)
        .join(TextingNumber, TextingNumber.school_id == School.id)
        .where(TextingNumber.number == number)
    )
    if slug is not None:
        raise SchoolError(
            f"Can't use the texting number {number}. It belongs, or used to belong, to the school "
            f"{slug!r}. Use a different one."
        )


def _flush(taken: str) -> None:
    """Flush, and raise `taken` if another transaction was faster."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise SchoolError(taken) from error


def _row(slug: str) -> SchoolRow:
    row = get_school(slug)
    if row is None:
        raise SchoolError(unknown_school_message(slug))
    return row
