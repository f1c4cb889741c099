"""Link the parents of a form to its children, or propose that. An empty relationship changes
nothing. Every change of a link is in the student's history."""

from sqlalchemy import select

from portal.enums import ProposalKind, Relationship
from portal.extensions import db
from portal.form_answers import ParentAnswer
from portal.models import Contact, ParentLink, Submission
from portal.services.contacts import contacts
from portal.services.families.match import Family
from portal.services.intake.applied_form import AppliedForm
from portal.services.proposals.propose import propose


def link_family(
    submission: Submission, family: Family, applied: AppliedForm, n: int, parent: ParentAnswer
) -> None:
    """Link a parent of the form to its children, right away if the sender may change both."""
    party, said = family.parents[n], parent.relationship
    if party.contact is None:
        return
    for child in family.children.values():
        if child.contact is None:
            continue
        if {party.contact.id, child.contact.id} & applied.made_ids:
            link = None
        else:
            link = _existing_link(child.contact, party.contact)
        if link is not None and said in {None, link.relationship}:
            continue
        mine = party.own and child.own
        if mine and _link_now(applied, child.contact, party.contact, parent.full_name, link, said):
            continue
        propose(
            submission,
            child.contact.id,
            ProposalKind.LINK,
            str(party.contact.id),
            old={"relationship": link.relationship} if link else None,
            new={"parent_id": party.contact.id, "relationship": said},
        )


def _existing_link(child: Contact, parent: Contact) -> ParentLink | None:
    return db.session.scalars(
        select(ParentLink).where(
            ParentLink.school_id == child.school_id,
            ParentLink.student_id == child.id,
            ParentLink.parent_id == parent.id,
        )
    ).first()


def _link_now(
    applied: AppliedForm,
    child: Contact,
    parent: Contact,
    name: str,
    link: ParentLink | None,
    said: Relationship | None,
) -> bool:
    """Link a parent and a child that the sender may change, and add it to the history of records
    that were on file before. False if the child has four parents already."""
    if link is not None:
        changes = contacts.link_change(parent.id, f"Parent {name}", link.relationship, said)
        link.relationship = said
        applied.note(child.id, changes)
        return True
    if child.id in applied.made_ids:  # a form has no more parents than a record has room for
        applied.linked[child.id] += 1
        applied.new.link(child.id, parent.id, applied.linked[child.id], said)
    elif (position := contacts.free_position(child.school_id, child.id)) is not None:
        contacts.link_parent(child.school_id, child.id, parent.id, position, said)
        new = said or "added"
        applied.note(child.id, contacts.link_change(parent.id, f"Parent {name}", new=new))
    else:
        return False
    return True
