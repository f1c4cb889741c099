"""The transport `outbox`: texts stay in the database and are shown; none leaves."""

from collections.abc import Iterable
from datetime import datetime

from portal.consent.gate import SendPermit
from portal.delivery.transports import ProviderMessage, check
from portal.services.texting.inbound import Received
from portal.services.texting.queue import Outgoing


class Outbox:
    def send(self, permit: SendPermit, text: Outgoing) -> str:
        check(permit, text)
        return f"outbox-{text.id}"

    def find(self, text: Outgoing, since: datetime) -> list[ProviderMessage]:
        return []

    def received(
        self, texting_number: str, since: datetime, number: str | None = None
    ) -> Iterable[Received]:
        return []
