"""A list of contacts that staff have chosen, wherever: ticked, all of a search, or one."""

from urllib.parse import parse_qsl

from flask import g, request

from portal.normalize import whole_numbers
from portal.queries.schools import field_labels, term_names
from portal.queries.search import parse
from portal.queries.search import results as search_results
from portal.views.responses import require_school_ids
from portal.views.staff.auth.access import reviewing

MOST_CONTACTS = 12_000
"""The most contacts whose parents can get one text."""


def chosen_ids(most: int) -> list[int]:
    """`ids`, with commas or points between or one field each; with `whole` all rows of `search`,
    in its order. Answers 404 for ids that are not of this school."""
    if request.form.get("whole") and "search" in request.form:
        pairs = parse_qsl(request.form["search"], keep_blank_values=True)
        terms, labels = term_names(g.school.id), field_labels(g.school.id)
        wanted = parse.read(pairs, g.school, terms, labels)
        if wanted.problems:  # without what is left out it would be more people
            return []
        return search_results.all_ids(g.school, wanted.search, most)
    typed = ",".join(request.form.getlist("ids")).replace(".", ",").split(",")
    ids = whole_numbers(typed)[:most]
    if not reviewing():  # what comes back to be looked over saves nothing, and must not be lost
        require_school_ids("contact", ids)
    return ids
