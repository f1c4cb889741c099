"""Statements that are built once and run with values: building one takes longer than running it.

Several can be one: a page that asks less often waits less.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CompoundSelect,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    literal,
    null,
    select,
    union_all,
)

SCHOOL: BindParameter[int] = bindparam("school_id", type_=Integer())
CONTACT: BindParameter[int] = bindparam("contact_id", type_=BigInteger())
IDS: BindParameter[int] = bindparam("ids", type_=BigInteger(), expanding=True)
"""Contacts, to be compared by `in_`."""


def stacked(parts: Mapping[str, Select[Any]]) -> CompoundSelect[Any]:
    """One statement for several: the rows of each, with its name in the column `part`, and NULL in
    the columns that only others have. In no order."""
    named = {name: part.subquery(name) for name, part in parts.items()}
    types = {column.key: column.type for part in named.values() for column in part.c}
    return union_all(
        *(
            select(
                literal(name, String()).label("part"),
                *(
                    part.c[key] if key in part.c else cast(null(), kind).label(key)
                    for key, kind in types.items()
                ),
            )
            for name, part in named.items()
        )
    )
