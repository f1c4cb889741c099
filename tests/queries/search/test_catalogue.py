"""The names of the fields. "Opt" finds the three opt-ins and nothing else."""

from portal.queries.search.catalogue import FIELDS


def test_only_the_three_opt_ins_have_opt_in_their_names() -> None:
    named = {
        field.key: field.label
        for field in FIELDS
        if "opt" in f"{field.key} {field.label} {field.grouping}".lower()
    }
    assert named == {
        "primary_phone_opt_in": "Primary Phone Opt-In",
        "secondary_phone_opt_in": "Secondary Phone Opt-In",
        "other_phone_opt_in": "Other Phone Opt-In",
    }
