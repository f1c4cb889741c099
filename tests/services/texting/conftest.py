"""A parent whose number opted out, with the link that the confirmation carries."""

import pytest

from portal.queries.schools import SchoolRow
from tests.services.texting.link_cases import CONFIRMATION
from tests.support.families import make_parent, phone
from tests.support.incoming import ANA, take
from tests.support.texted_links import token_to


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Ana Ruiz, opted in as staff typed her Cell; she has no email on file."""
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


@pytest.fixture
def token(school: SchoolRow, ana: int) -> str:
    """Ana texted STOP: the token of the link in its confirmation."""
    take("STOP")
    return token_to(ANA, CONFIRMATION)
