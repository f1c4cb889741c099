"""The log of a number, replayed: written again from docs/consent.md, without the portal's code."""

from portal.models import ConsentEvent

SURE = {"parent_form", "handset"}
"""Sources that are surely the parent."""
PAUSES = {"staff_pause", "staff_resume", "reply_pause"}
"""Sources that leave the state as it is."""


def replay(events: list[ConsentEvent]) -> str:
    """The state that the events give, from what was said and when alone."""
    state, sure_since = "not_asked", None
    for said in events:
        if said.source in PAUSES:
            continue
        if said.source == "number_left":
            state, sure_since = ("opted_out" if state == "opted_out" else "not_asked"), None
        elif said.answer == "yes":
            sure = state == "opted_in" and sure_since is not None
            if said.source in SURE:
                sure_since = max(sure_since, said.happened_at) if sure else said.happened_at
            state = "opted_in"
        elif not (
            state == "opted_in"
            and sure_since is not None
            and said.happened_at != said.recorded_at
            and said.happened_at < sure_since
        ):
            state, sure_since = "opted_out", None
    return state
