"""Propose changes to people on file if a form says something else. Empty fields change nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from portal.email_address import optional_key
from portal.enums import PhoneType, ProposalKind, Slot
from portal.form_answers import ChildAnswer, ParentAnswer, PhoneAnswer
from portal.models import Contact, Submission
from portal.normalize import fold
from portal.services.contacts.phones import PhoneValue, current_phones
from portal.services.families.match import Family
from portal.services.intake.applied_form import AppliedForm
from portal.services.proposals.accept import phone_on_file
from portal.services.proposals.propose import ConsentAnswer, parent_content, phone_content, propose


def propose_fields(
    submission: Submission,
    contact: Contact,
    said: ChildAnswer | ParentAnswer,
    names: tuple[str, ...],
) -> None:
    """Propose the form's values for a contact on file if they differ. No proposal for an empty
    field, for the full name in one box, or for a child's name that differs only in case or
    accents."""
    same_name = fold(said.full_name) == fold(contact.full_name)
    one_name = not (said.first_name and said.last_name)
    for name in names:
        if name.endswith("_name") and same_name and (one_name or isinstance(said, ChildAnswer)):
            continue
        value, on_file = getattr(said, name), getattr(contact, name)
        if value and value != on_file and not _same_email(name, value, on_file):
            propose(
                submission,
                contact.id,
                ProposalKind.FIELD,
                name,
                old={"value": on_file},
                new={"value": str(value)},
            )


def propose_parent(
    submission: Submission, contact: Contact, parent: ParentAnswer, applied: AppliedForm
) -> None:
    """Propose the form's changes to a parent on file, and keep their answers about texts."""
    propose_fields(submission, contact, parent, ("first_name", "last_name", "email"))
    phones = current_phones(contact.school_id, contact.id)
    for said in parent.phones:
        phone = _as_on_file(said, phones)
        new = PhoneValue.of(phone)
        differs = new not in {replace(p, slot=phone.slot) for p in phones.values()}
        if differs:
            propose(
                submission,
                contact.id,
                ProposalKind.PHONE,
                phone.slot.value,
                old=phone_on_file(phones.get(phone.slot)),
                new=_new_content(phone, phones, parent),
            )
        if phone.answer:
            applied.consent_answers.append(
                ConsentAnswer(phone.number, phone.answer, contact.id, carried=differs)
            )


def propose_new_parent(
    submission: Submission, family: Family, applied: AppliedForm, n: int, parent: ParentAnswer
) -> None:
    """Propose a parent who is not on file, once, on the record of the first child."""
    child_ids = [c.contact.id for c in family.children.values() if c.contact is not None]
    propose(
        submission,
        child_ids[0],
        ProposalKind.NEW_PARENT,
        f"parent{n}",
        old=None,
        new=parent_content(parent, child_ids),
    )
    applied.consent_answers += [
        ConsentAnswer(p.number, p.answer, None, carried=True) for p in parent.phones if p.answer
    ]


def _same_email(name: str, said: str, on_file: str | None) -> bool:
    return name == "email" and optional_key(said) == optional_key(on_file)


def _as_on_file(said: PhoneAnswer, phones: Mapping[Slot, PhoneValue]) -> PhoneAnswer:
    """Put a phone in the slot that its number has on file, and keep the extension if the form has
    none. Otherwise, accepting another type could replace a second number."""
    known = next((phone for phone in phones.values() if phone.number == said.number), None)
    if known is None:
        return said
    keeps = said.extension is None and said.type is not PhoneType.CELL
    return replace(said, slot=known.slot, extension=known.extension if keeps else said.extension)


def _new_content(
    phone: PhoneAnswer, phones: Mapping[Slot, PhoneValue], parent: ParentAnswer
) -> dict[str, Any]:
    """A phone as proposals keep it, with the slot that the form gives to the phone it replaces."""
    replaced = phones.get(phone.slot)
    slots = [p.slot for p in parent.phones if replaced and p.number == replaced.number]
    moves = {"moves_to": slots[0].value} if slots and slots[0] != phone.slot else {}
    return phone_content(phone) | moves
