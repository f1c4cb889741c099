"""An answer to the consent question on a form, on its way to the ledger."""

from dataclasses import dataclass

from portal.enums import Answer


@dataclass(frozen=True, slots=True)
class Voice:
    number: str
    answer: Answer
    contact_id: int | None
    """The record it was said on; None for a parent who only waits to be added."""
    carried: bool
    """Whether a proposal carries the answer along with the phone itself."""
