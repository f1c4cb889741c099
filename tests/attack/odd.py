"""Input for hypothesis: odd text, addresses that look like others, forms of forged fields."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.attack.browser import Fields
from tests.attack.forged import ODD

LOOKALIKES = {
    "a": "аａáᵃ",
    "e": "еｅé",
    "i": "іıİｉ",
    "k": "\u212aｋ",
    "o": "оｏº",
    "s": "ſｓ",
    "c": "сｃ",
    "@": "＠",
    ".": "。．",
    "1": "１١",
}
"""Letters that some fold, or some eyes, take for others."""
DOUBLE = {"ss": "ßẞ", "fi": "ﬁ", "st": "ﬆ", "ij": "ĳ"}

short_odd = st.sampled_from([value for value in ODD if len(value) < 10_000])
text = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=60),
    st.text(alphabet="0123456789+-() ext.#*;,", max_size=24),
    short_odd,
)
huge = st.sampled_from(["a" * 100_000, "٣" * 30_000, "\u0301" * 20_000, "(" * 50_000])


def mostly(fine: SearchStrategy[str], other: SearchStrategy[str]) -> SearchStrategy[str]:
    """One in six is the other: `one_of` would draw from each of its branches alike."""
    return st.integers(0, 5).flatmap(lambda n: other if n == 0 else fine)


@st.composite
def lookalike(draw: st.DrawFn, email: str) -> str:
    """The email with some of its letters for others that look, or fold, like them."""
    found = email
    for plain, others in DOUBLE.items():
        parts = found.split(plain)
        if len(parts) > 1 and draw(st.booleans()):
            at = draw(st.integers(1, len(parts) - 1))
            other = draw(st.sampled_from(others))
            found = plain.join(parts[:at]) + other + plain.join(parts[at:])
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(found) - 1))
        other = draw(st.sampled_from(LOOKALIKES.get(found[at].lower(), found[at])))
        found = found[:at] + other + found[at + 1 :]
    how = draw(st.integers(0, 5))
    return found.upper() if how == 0 else f" {found} " if how == 1 else found


def emails(on_file: list[str]) -> SearchStrategy[str]:
    alike = st.sampled_from(on_file).flatmap(lookalike)
    return mostly(alike, st.one_of(st.emails(), text))


def numbers(on_file: list[str]) -> SearchStrategy[str]:
    """Numbers as people, and others, write them."""
    digits = st.text(alphabet="0123456789", min_size=1, max_size=18)
    return st.one_of(
        st.sampled_from(on_file),
        digits,
        digits.map(lambda d: f"+{d}"),
        digits.map(lambda d: d.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))),
        st.text(alphabet="0123456789+-() .ext;=/#*٣３\u200b\u202e", max_size=40),
        st.from_regex(
            r"\+[0-9]{1,3} ?\(?[0-9]{2,4}\)?[ -][0-9]{3,4}[ -][0-9]{2,4}", fullmatch=True
        ),
        text,
    )


@st.composite
def changed_form(
    draw: st.DrawFn, base: dict[str, str], names: list[str], values: SearchStrategy[str]
) -> Fields:
    """A good form with fields changed, doubled, left out and added; sometimes a great many."""
    fields = list(base.items())
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(st.integers(0, 3))
        if kind == 0:
            fields.append((draw(st.sampled_from(names)), draw(values)))
        elif fields:
            at = draw(st.integers(0, len(fields) - 1))
            if kind == 1:
                fields[at] = (fields[at][0], draw(values))
            elif kind == 2:
                fields.append((fields[at][0], draw(values)))
            else:
                del fields[at]
    if draw(st.integers(0, 3)) == 0:
        fields.append((draw(st.sampled_from(["form_token", "wording", "action"])), draw(values)))
    rare = draw(st.integers(0, 30))
    if rare == 0:
        name = draw(st.sampled_from(names))
        fields += [(name, "x")] * draw(st.sampled_from([500, 1_500, 5_000]))
    elif rare == 1:
        fields.append((draw(st.sampled_from(names)), draw(huge)))
    return fields
