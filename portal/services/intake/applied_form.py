"""The results so far of a contact form that is being applied to the records."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from portal.services.contacts import contacts
from portal.services.contacts.bulk import Bulk
from portal.services.contacts.contacts import Changes
from portal.services.proposals.propose import ConsentAnswer

ACTOR = "Contact form"


@dataclass(slots=True)
class AppliedForm:
    """The results of applying the answers."""

    new: Bulk
    """The contacts to add."""
    said_at: datetime | None = None
    """The time of the answers, if that was not just now."""
    parts: dict[str, int] = field(default_factory=dict)
    """The ids of contacts, by the part of the form."""
    own_ids: set[int] = field(default_factory=set)
    """The contacts that this form may change: made by it, or the signed-in sender's."""
    signed_ids: set[int] = field(default_factory=set)
    """Those of `own_ids` that were on file."""
    made_ids: set[int] = field(default_factory=set)
    """Those that were just added, with nothing else on file yet."""
    linked: Counter[int] = field(default_factory=Counter)
    """The number of parents linked to each child so far."""
    actor: str = ACTOR
    """The name in the history."""
    session_hash: str | None = None
    """The signed-in sender's session. It stays open if they change their email address."""
    shown_slots: frozenset[str] = frozenset()
    """The phone slots that were filled out on the signed-in sender's page."""
    consent_answers: list[ConsentAnswer] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    """The numbers of these answers that are on other people's records too."""

    def note(self, contact_id: int, changes: Changes) -> None:
        """Add changes to the history of a record that was on file before."""
        school_id = self.new.school_id
        contacts.note_edit(school_id, contact_id, self.actor, changes, self.said_at)
