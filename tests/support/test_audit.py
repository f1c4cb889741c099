"""The audit of pages finds what it is there to find."""

import pytest

from tests.support.audit import audit, audit_policy

GOOD = (
    '<!doctype html><html lang="en"><head><title>T</title>'
    '<link rel="stylesheet" href="/static/a.css"></head><body><h1>A</h1><h2>B</h2>'
    '<form><label for="x">X</label><input id="x" name="x">'
    '<label>Y <input name="y"></label><input type="hidden" name="z">'
    '<input aria-label="W" name="w"></form><a href="#x">x</a>'
    '<script src="/static/a.js"></script></body></html>'
)


def test_a_sound_page_passes() -> None:
    assert audit(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (' lang="en"', "", "no language"),
        ("<title>T</title>", "", "no title"),
        ("<title>T</title>", "<title> </title>", "no title"),
        ("<h1>A</h1>", "", "0 h1"),
        ("<h2>B</h2>", "<h1>B</h1>", "2 h1"),
        ("<h2>B</h2>", "<h3>B</h3>", "h3 follows an h1"),
        ("</form>", '<p id="x"></p></form>', "stands 2 times"),
        ('<label for="x">X</label>', "", "has no label"),
        ('for="x"', 'for="q"', "which is no id"),
        ('href="#x"', 'href="#q"', "leads nowhere"),
        ("<h2>", '<h2 style="color:red">', "style attribute"),
        ("<h2>", '<h2 onclick="x()">', "has onclick"),
        ("<h2>", "<style>a{}</style><h2>", "inline <style>"),
        ("<h2>", "<script>1</script><h2>", "inline <script>"),
        ('src="/static', 'src="//cdn.example/static', "from elsewhere"),
        ("</form>", "</p></form>", "not valid HTML"),
    ],
)
def test_a_fault_is_found_and_named(old: str, new: str, words: str) -> None:
    assert old in GOOD
    faults = audit(GOOD.replace(old, new, 1))
    assert any(words in fault for fault in faults), faults


def test_pages_that_differ_by_their_ids_alone_are_told_apart_if_one_is_at_fault() -> None:
    one, other = "parent-63220694920376791", "parent-63220694920376792"
    page = GOOD.replace("</form>", f'<p id="{one}"></p><p id="{other}"></p></form>')
    assert audit(page) == []
    assert audit(page.replace(one, "parent-63220694920376793")) == []
    assert audit(page.replace(one, other)) == [f"the id {other!r} stands 2 times"]


@pytest.mark.parametrize("policy", [None, "", "default-src 'unsafe-inline'"])
def test_a_page_needs_a_policy_without_exceptions(policy: str | None) -> None:
    assert audit_policy(policy)


def test_a_strict_policy_passes() -> None:
    assert audit_policy("default-src 'none'; style-src 'self'") == []
