"""`flask school label`: a school's own names for fields."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.queries.schools import SchoolRow, field_labels

FIELD = "primary_phone_opt_in"


def label(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["school", "label", *words])
    db.session.rollback()
    return result.exit_code, result.output


def test_a_field_is_renamed_again_and_given_its_first_name_back(
    app: Flask, school: SchoolRow, other_school: SchoolRow
) -> None:
    assert label(app, "oakwood", FIELD, " Opt-in  for texts ") == (
        0,
        f"oakwood: {FIELD} is now named Opt-in for texts\n",
    )
    assert field_labels(school.id) == {FIELD: "Opt-in for texts"}
    assert field_labels(other_school.id) == {}
    label(app, "oakwood", FIELD, "Texts?")
    assert field_labels(school.id) == {FIELD: "Texts?"}
    assert label(app, "oakwood", FIELD, "")[1].endswith("is now named Primary Phone Opt-In\n")
    assert field_labels(school.id) == {}


@pytest.mark.usefixtures("school")
def test_what_cannot_be_called_so_is_refused(app: Flask) -> None:
    label(app, "oakwood", "grade", "Year")
    for words, why in (
        (("elm", FIELD, "Texts?"), "elm"),
        (("oakwood", "shoe_size", "Shoes"), "Can't find the field shoe_size"),
        (("oakwood", FIELD, "x" * 61), "Use 60 characters or fewer"),
        (("oakwood", FIELD, "Year"), "already"),
        (("oakwood", FIELD, "last name"), "already"),
        (("oakwood", "email", "Grade"), "already"),
    ):
        code, said = label(app, *words)
        assert code == 1
        assert why in said
    assert label(app, "oakwood", "grade", "Year")[0] == 0
