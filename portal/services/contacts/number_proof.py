"""Staff say that a parent told them a number: it is proven theirs, until that is taken back."""

from portal.consent import holdings, ledger
from portal.enums import ProofKind
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.contacts import lock_contact

TOLD = "Parent told us the number"


def prove_by_staff(
    school: SchoolRow, contact_id: int, number: str, note: str, actor: Actor
) -> bool:
    """Prove a number for a contact by what they told staff; False if it is not on their record.

    Opts nobody in. Raises NoSuchContactError.
    """
    lock_contact(school.id, contact_id)
    status = ledger.lock_status(school.id, number)
    if holdings.is_proven(school.id, contact_id, number):
        return True
    if not holdings.prove_number(status, contact_id, ProofKind.STAFF_TOLD, actor.key, note):
        return False
    shown = f"{show_number(number, school.country)} ({note})"
    contacts.note_edit(school.id, contact_id, actor.name, contacts.one_change(TOLD, new=shown))
    return True


def undo_staff_proof(school: SchoolRow, contact_id: int, number: str, actor: Actor) -> bool:
    """Take back that the parent told the number; False if nothing but that proves it.

    Raises NoSuchContactError.
    """
    lock_contact(school.id, contact_id)
    status = ledger.lock_status(school.id, number)
    held = holdings.open_holding(school.id, contact_id, number)
    told = held is not None and held.proven_by == ProofKind.STAFF_TOLD and held.handset_seq is None
    if not told or not holdings.unprove_number(status, contact_id):
        return False
    shown = show_number(number, school.country)
    contacts.note_edit(school.id, contact_id, actor.name, contacts.one_change(TOLD, old=shown))
    return True
