"""The person or command that makes a change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    account_id: int | None = None
    """None for a command."""
    name: str = ""
    """As the history shows it."""
    network: str = ""
    """The network of the request, for the audit trail."""

    @property
    def key(self) -> str:
        """`account:ID` or `cli`, as the ledger and batches keep it: without a name."""
        return "cli" if self.account_id is None else f"account:{self.account_id}"


COMMAND = Actor(name="Command")
