"""A distributed PostgreSQL could have each school's rows on one server, and join them there."""

import pytest
from sqlalchemy import select

from portal.extensions import Base
from portal.models import ConsentStatus, Contact, Phone
from portal.models.columns import same_school
from tests.models.test_school_keys import OF_THE_INSTALLATION
from tests.scaling import citus
from tests.support.school_joins import SchoolJoins

ALL_IN_ONE = [
    select(Contact.id).where(Contact.school_id == 1),
    select(Contact.id).join(Phone, same_school(Phone, Contact, Phone.contact_id == Contact.id)),
    select(Contact.id).where(
        Contact.school_id == 1,
        select(Phone.slot).where(Phone.school_id == 1, Phone.contact_id == Contact.id).exists(),
    ),
]
APART = [
    select(Contact.id).join(Phone, Phone.contact_id == Contact.id).where(Contact.school_id == 1),
    select(Contact.id).where(
        Contact.school_id == 1,
        select(Phone.slot).where(Phone.contact_id == Contact.id).exists(),
    ),
    select(Phone.number).where(
        Phone.school_id == 1,
        Phone.number.in_(select(ConsentStatus.number).where(ConsentStatus.state == "opted_out")),
    ),
]


@pytest.mark.parametrize("statement", ALL_IN_ONE)
def test_a_join_within_a_school_is_known(statement: object) -> None:
    assert SchoolJoins(statement).apart() == []


@pytest.mark.parametrize("statement", APART)
def test_a_join_of_several_schools_rows_is_found(statement: object) -> None:
    assert SchoolJoins(statement).apart()


def test_each_table_is_spread_by_school_or_copied_to_all_servers() -> None:
    lines = list(citus.statements())
    copied = {line.split("'")[1] for line in lines if "create_reference_table" in line}
    spread = {line.split("'")[1] for line in lines if "create_distributed_table" in line}
    assert copied == OF_THE_INSTALLATION | {"texting_number"}
    assert copied | spread == set(Base.metadata.tables)
    assert len(lines) == len(copied) + len(spread) + 1


def test_no_key_keeps_a_table_from_being_spread() -> None:
    assert citus.obstacles() == []
