"""Every page that a test fetches is looked at as HTML: what is wrong with it fails the test."""

import re
from collections import Counter
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from justhtml import JustHTML

_UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}
_LONG = re.compile(r"\b[\w.-]{15,}", re.ASCII)
_DIGIT = re.compile(r"[0-9]")
_sound: set[str] = set()
"""Pages without a fault, with a number in place of each token. Most pages are fetched many times,
each time with other tokens and ids."""
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@lru_cache(maxsize=4)
def parse(html: str) -> JustHTML:
    """Parse a page, which takes long, only once for the audit and for the test that reads it."""
    return JustHTML(html, sanitize=False, collect_errors=True)


class Page:
    """A parsed page, for tests to ask: `page.query("form input")`, `page.text("h1")`."""

    def __init__(self, html: str) -> None:
        self.tree = parse(html)

    def query(self, selector: str) -> list:
        return self.tree.query(selector)

    def text(self, selector: str) -> str:
        """The text of the first element found, with single spaces."""
        found = self.tree.query(selector)
        assert found, f"nothing on the page is {selector}"
        return " ".join(found[0].to_text().split())


def audit(html: str) -> list[str]:
    """The faults of a page, in words; none if it is as it should be."""
    named = _with_tokens_numbered(html)
    faults = [] if named in _sound else _faults(html)
    if not faults:
        _sound.add(named)
    return faults


def _with_tokens_numbered(html: str) -> str:
    """The page with each token and long id as a number; the same one has the same number."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        word = found[0]
        return numbers.setdefault(word, f"\0{len(numbers)}\0") if _DIGIT.search(word) else word

    return _LONG.sub(number, html)


def _faults(html: str) -> list[str]:
    page = Page(html)
    if page.tree.errors:
        return [f"not valid HTML: {page.tree.errors[0]}"]
    elements = page.query("*")
    return [
        *_document(elements),
        *_headings(elements),
        *_ids(elements),
        *_labels(elements),
        *_scripts(elements),
    ]


def audit_policy(policy: str | None) -> list[str]:
    """The faults of a Content-Security-Policy header."""
    if not policy:
        return ["no Content-Security-Policy"]
    return [f"the policy has {word}" for word in ("unsafe-inline", "unsafe-eval") if word in policy]


def _document(elements: list) -> list[str]:
    faults = []
    if not elements[0].attrs.get("lang"):
        faults.append("the page says no language")
    titles = [e for e in elements if e.name == "title" and e.parent.name == "head"]
    if len(titles) != 1 or not titles[0].to_text().strip():
        faults.append("the page has no title")
    return faults


def _headings(elements: list) -> list[str]:
    levels = [int(e.name[1]) for e in elements if e.name in _HEADINGS]
    faults = []
    if levels.count(1) != 1:
        faults.append(f"{levels.count(1)} h1 headings instead of one")
    for before, level in zip([0, *levels], levels, strict=False):
        if level > before + 1:
            faults.append(f"an h{level} follows an h{before}")
    return faults


def _ids(elements: list) -> list[str]:
    ids = Counter(e.attrs["id"] for e in elements if "id" in e.attrs)
    faults = [f"the id {i!r} stands {n} times" for i, n in ids.items() if n > 1]
    for element in elements:
        for name in ("aria-labelledby", "aria-describedby", "for"):
            for wanted in (element.attrs.get(name) or "").split():
                if wanted not in ids:
                    faults.append(f"{name} of <{element.name}> names {wanted!r}, which is no id")
        link = element.attrs.get("href") or ""
        if element.name == "a" and link.startswith("#") and link != "#" and link[1:] not in ids:
            faults.append(f"the link {link} leads nowhere")
    return faults


def _labels(elements: list) -> list[str]:
    labelled = {e.attrs["for"] for e in elements if e.name == "label" and e.attrs.get("for")}
    faults = []
    for element in elements:
        attrs = element.attrs
        if element.name not in {"input", "select", "textarea"}:
            continue
        if element.name == "input" and attrs.get("type") in _UNLABELLED_TYPES:
            continue
        named = attrs.get("aria-label") or attrs.get("aria-labelledby")
        if not named and attrs.get("id") not in labelled and not _in_label(element):
            faults.append(f"<{element.name} name={attrs.get('name')!r}> has no label")
    return faults


def _in_label(element: Any) -> bool:
    while element is not None and element.name != "label":
        element = element.parent
    return element is not None


def _scripts(elements: list) -> list[str]:
    """Parts that the Content-Security-Policy would refuse, or that would load from elsewhere."""
    faults = []
    for element in elements:
        attrs = element.attrs
        if "style" in attrs:
            faults.append(f"<{element.name}> has a style attribute")
        if element.name == "style" or (element.name == "script" and not attrs.get("src")):
            faults.append(f"an inline <{element.name}>")
        faults += [f"<{element.name}> has {name}" for name in attrs if name.startswith("on")]
        loads = attrs.get("src") or (element.name == "link" and attrs.get("href")) or ""
        if urlsplit(loads).netloc:
            faults.append(f"<{element.name}> loads {loads} from elsewhere")
    return faults
