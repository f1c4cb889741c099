"""The one who makes a change: a member of staff, or a command.

A parent is an AnsweringParent (`portal/services/intake/household.py`), who always has a record.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    account_id: int | None = None
    """None for a command."""
    name: str = ""
    """As the history shows it."""
    network: str = ""
    """The network of the request, for the audit trail."""
    is_admin: bool = False
    """True for an admin of the school."""

    @property
    def key(self) -> str:
        """`account:ID` or `cli`, as the ledger and batches keep it: without a name."""
        return "cli" if self.account_id is None else f"account:{self.account_id}"


COMMAND = Actor(name="Command")
