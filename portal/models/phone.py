"""The phones of a contact, and the parts of a number that it is looked up by."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, false, literal_column, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import GenericFunction

from portal.enums import PhoneType, Slot
from portal.extensions import Base
from portal.models.columns import BigRef, Moment, Number, SchoolKey, ShortString, one_of
from portal.models.school import school_fk


class Phone(Base):
    __tablename__ = "phone"

    school_id: Mapped[SchoolKey]
    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)
    slot: Mapped[ShortString] = mapped_column(primary_key=True)
    type: Mapped[ShortString]
    number: Mapped[Number]
    extension: Mapped[str | None] = mapped_column(String(8))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when the parent last said that it is still right."""
    of_parent: Mapped[bool] = mapped_column(server_default=false())
    """True if the contact is a parent, whose cell phones need an answer. A search over them need
    not look up the role of each; kept by `portal.services.contacts`, under the contact's lock."""

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        one_of("slot", Slot),
        one_of("type", PhoneType),
        CheckConstraint("type <> 'cell' OR extension IS NULL", name="cell_has_no_extension"),
        CheckConstraint("number LIKE '+%' AND length(number) > 6", name="number_is_e164"),
        # Whose a number is, as what: without a look at the table, for counting thousands.
        Index("ix_phone_number", "school_id", "number", "type", "slot", "contact_id", "of_parent"),
        # The parents' cell phones alone, whose answers are counted and searched by the ten
        # thousand. SQLite would not make use of it where the type is a bound value.
        Index(
            "ix_phone_cell",
            "school_id",
            "number",
            "contact_id",
            "slot",
            postgresql_where=text("type = 'cell' AND of_parent"),
            info={"only_on": "postgresql"},
        ).ddl_if(dialect="postgresql"),
    )


TAILS = range(3, 12)
"""Any part of a number, of 3 digits and more, starts one of its last 3 to 11: an index serves each
of them. Numbers of more digits than that are found by their start too."""


class tail(GenericFunction[str]):  # noqa: N801 -- named as SQL functions are
    """`tail(number, n)`: the number's last n characters, by the index of that n."""

    type = String()
    inherit_cache = True
    name = "tail"

    def __init__(self, number: Any, n: int) -> None:
        # Not as a bound value: a statement that was compiled for one n would be used for another.
        super().__init__(number, literal_column(str(int(n))))


@compiles(tail, "sqlite")
def _sqlite_tail(element: tail, compiler: Any, **kw: Any) -> str:
    number, n = element.clauses
    return f"substr({compiler.process(number, **kw)}, -{compiler.process(n, **kw)})"


@compiles(tail, "postgresql")
def _postgresql_tail(element: tail, compiler: Any, **kw: Any) -> str:
    number, n = element.clauses
    return f'right({compiler.process(number, **kw)}, {compiler.process(n, **kw)}) COLLATE "C"'
