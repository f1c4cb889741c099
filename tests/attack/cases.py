"""Posts like the provider's, and questions like a search's, with odd parts."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from portal.queries.search.fields import Operator
from tests.attack import odd
from tests.attack.browser import Fields
from tests.attack.planted import NUMBERS
from tests.support.twilio_stand_in import ACCOUNT

SENDERS = ["+14155550111", "+99912345678", "+447400123456", "+1", "24273", "+" + "9" * 15]
SEARCHES = ("search", "search.csv", "search.xlsx", "search/columns")


def webhook_fields() -> SearchStrategy[dict[str, str]]:
    """A post as the provider's, each field of which may be odd or missing."""
    value = st.one_of(odd.text, odd.numbers([NUMBERS["oakwood"], "+99912345678", "12345", "anon"]))
    fine = {
        "MessageSid": st.uuids().map(lambda u: f"SM{u.hex}"),
        "AccountSid": st.just(ACCOUNT),
        "From": st.sampled_from(SENDERS),
        "To": st.just(NUMBERS["oakwood"]),
        "Body": st.sampled_from(["STOP", "START", "HELP", "hello", "please stop"]),
        "MessageStatus": st.sampled_from(["sent", "delivered", "failed", "undelivered"]),
    }
    more = ("NumMedia", "OptOutType", "ErrorCode", "SmsSid", "ApiVersion", "NumSegments")
    encodable = value.map(lambda v: v.encode("utf-8", "ignore").decode())
    parts = {name: odd.mostly(good, encodable) for name, good in fine.items()}
    return st.fixed_dictionaries(parts, optional=dict.fromkeys(more, encodable))


def search_cases(fields: list[str]) -> SearchStrategy[tuple[str, Fields]]:
    operators = st.one_of(st.sampled_from([o.value for o in Operator]), odd.text)
    keys = st.one_of(st.sampled_from(fields), odd.text)
    numbered = st.one_of(
        st.tuples(st.integers(0, 99).map(lambda n: f"f{n}"), keys),
        st.tuples(st.integers(0, 99).map(lambda n: f"o{n}"), operators),
        st.tuples(st.sampled_from(["v1", "w1", "t1", "v2", "w2", "v99"]), odd.text),
        st.tuples(st.sampled_from(["col", "sort", "add", "remove", "order", "up", "was"]), keys),
        st.tuples(st.sampled_from(["page", "q", "entity", "find", "show", "number"]), odd.text),
        st.tuples(st.sampled_from(["number", "contact", "batch", "reason", "position"]), odd.text),
    )
    one = st.tuples(keys, operators, odd.text).map(
        lambda c: [("f1", c[0]), ("o1", c[1]), ("v1", c[2])]
    )
    query = st.tuples(one, st.lists(numbered, max_size=6)).map(lambda q: q[0] + q[1])
    return st.tuples(st.sampled_from([*SEARCHES, *SEARCHES, "", "texts", "invitations"]), query)
