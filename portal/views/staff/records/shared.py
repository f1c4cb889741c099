"""Helpers that the staff's pages for records share."""

from flask import abort, flash, g, request

from portal.consent.ledger import Result
from portal.enums import Slot
from portal.form_answers import PhoneAnswer
from portal.forms.contact import SchoolFacts
from portal.forms.record import RecordPhonesForm
from portal.normalize import whole_number
from portal.queries.records.phones import PhoneRow, phones_of_ids
from portal.queries.records.record import Record, get_record
from portal.services.contacts.phones import PhoneValue
from portal.views.responses import posted
from portal.views.staff.auth.access import reviewing
from portal.views.staff.records.labels import saved_words


def record_or_404(contact_id: int) -> Record:
    record = get_record(g.school, contact_id)
    if record is None:
        abort(404)
    return record


def facts() -> SchoolFacts:
    return SchoolFacts(g.school.name, g.school.country, g.school.texting_on)


def is_saving() -> bool:
    """True if this request wants something saved."""
    return request.method == "POST" and not reviewing()


def phones_form(phones: list[PhoneRow]) -> RecordPhonesForm:
    on_file = {
        Slot(p.slot): PhoneAnswer(Slot(p.slot), p.type, p.number, p.extension, answer=None)
        for p in phones
    }
    return RecordPhonesForm(posted(), facts(), on_file)


def phone_values(form: RecordPhonesForm) -> list[PhoneValue]:
    return [PhoneValue.of(phone) for phone in form.answers()]


def posted_version() -> int:
    """The version of the record that the page was made from."""
    return whole_number(request.form.get("version", "")) or 0


def posted_seen() -> dict[str, int]:
    """The newest event of each number whose circle the page showed; `seen` is `+12065550147:3`."""
    seen = {}
    for pair in request.form.getlist("seen")[: len(Slot)]:
        number, _, typed = pair.partition(":")
        seq = whole_number(typed)
        if seq is not None:
            seen[number] = seq
    return seen


def seen_of(phones: list[PhoneRow]) -> dict[str, int]:
    return {phone.number: phone.seq for phone in phones if phone.state}


def tell_results(contact_id: int, results: dict[str, Result]) -> None:
    """Say of each cell phone that was typed what it means for texts."""
    if not results:
        return
    phones = phones_of_ids(g.school, [contact_id]).get(contact_id, [])
    by_number = {phone.number: phone for phone in phones if phone.state}
    for number, result in results.items():
        kind, words = saved_words(number, result, by_number.get(number))
        flash(words, kind)
