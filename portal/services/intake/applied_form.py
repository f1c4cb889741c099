"""The result of a contact form that is being applied to the records."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from portal.services.contacts import contacts
from portal.services.contacts.bulk import Bulk
from portal.services.contacts.contacts import Changes
from portal.services.intake.propose import ConsentAnswer

ACTOR = "Contact form"


@dataclass(slots=True)
class AppliedForm:
    """The result of the answers."""

    new: Bulk
    """The contacts that are made."""
    said_at: datetime | None = None
    """The time of the answers, if that was not just now."""
    parts: dict[str, int] = field(default_factory=dict)
    """The contact of each part of the form that has one."""
    own_ids: set[int] = field(default_factory=set)
    """The contacts that this form may change: made by it, or the signed-in sender's."""
    signed_ids: set[int] = field(default_factory=set)
    """Those of them that were on file."""
    made_ids: set[int] = field(default_factory=set)
    """Those that were just made: nothing of theirs is on file yet."""
    linked: Counter[int] = field(default_factory=Counter)
    """The number of parents who were linked to each child."""
    actor: str = ACTOR
    """The name in the history."""
    session_hash: str | None = None
    """The signed-in sender's session: it goes on if they change what they sign in with."""
    shown_slots: frozenset[str] = frozenset()
    """The slots of their phones that their page showed filled out."""
    consent_answers: list[ConsentAnswer] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    """The numbers of these answers that are on others' records too."""

    def note(self, contact_id: int, changes: Changes) -> None:
        """Keep what was changed on a record that the form did not make."""
        school_id = self.new.school_id
        contacts.note_edit(school_id, contact_id, self.actor, changes, self.said_at)
