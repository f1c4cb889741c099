"""The forms that the portal's pages hold, as those fill them in who may: what attackers forge."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from tests.attack.browser import Answer, Browser, Fields
from tests.attack.planted import Planted
from tests.attack.visitors import Visitor

_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_READ = re.compile(r"""(?:request|posted)\.(?:form|args|values)\.\w+\(\s*["']([\w-]+)["']""")
_IN = re.compile(r"""["']([\w-]+)["'] in (?:request\.(?:form|args)|posted)""")
PORTAL = Path(__file__).resolve().parents[2] / "portal"


@dataclass(frozen=True)
class Filled:
    """A form that was found on a page: its address, and its fields with one of its buttons."""

    path: str
    fields: Fields


@dataclass
class Templates:
    """By school, endpoint and method."""

    forms: dict[tuple[str, str, str], list[Filled]] = field(
        default_factory=lambda: defaultdict(list)
    )
    names: set[str] = field(default_factory=set)


def collect(app: Flask, planted: Planted, pages: int = 1000) -> Templates:
    """Every form on every page (or the first ones) of both schools, as an admin, a parent and
    nobody see them; and every field's name that the portal's code reads."""
    found = Templates()
    for path in PORTAL.rglob("*.py"):
        text = path.read_text()
        found.names |= set(_READ.findall(text)) | set(_IN.findall(text))
    for slug in planted.ids:
        for visitor in (
            Visitor("admin", slug, "admin"),
            Visitor("parent", slug, parent=True),
            Visitor("anonymous"),
        ):
            browser = visitor.arrive(app, planted)
            for answer in islice(_pages(app, browser, slug, planted), pages):
                _keep(app, found, slug, answer)
    return found


def _pages(app: Flask, browser: Browser, slug: str, planted: Planted) -> Iterator[Answer]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.endpoint != "static":
            for path in own_paths(rule, slug, planted):
                answer = browser.get(path)
                if answer.status == 200:
                    yield answer


def own_paths(rule: Rule, slug: str, planted: Planted) -> list[str]:
    """The rule's addresses with a school's own ids: a student's and a parent's."""
    ids = planted.ids[slug]
    number = planted.family(slug).number(11)[1:]
    paths = []
    for contact in ("student", "parent"):
        values: dict[str, Any] = {
            "slug": slug,
            "contact_id": ids[contact],
            "parent_id": ids["parent"],
            "batch_id": ids["batch"],
            "campaign_id": ids["campaign"],
            "search_id": ids["search"],
            "number": number,
            "digits": number,
        }
        paths.append(filled(rule, values))
    return list(dict.fromkeys(paths))


def filled(rule: Rule, values: dict[str, Any]) -> str:
    """The rule's address, with whatever the values are; what has none is `none`."""

    def put(match: re.Match[str]) -> str:
        return quote(str(values.get(match[1], "none")), safe="", errors="surrogatepass")

    return _ARGUMENT.sub(put, rule.rule)


def arguments(rule: Rule) -> list[str]:
    return _ARGUMENT.findall(rule.rule)


def _keep(app: Flask, found: Templates, slug: str, answer: Answer) -> None:
    found.names |= {k for k, _ in parse_qsl(urlsplit(answer.path).query)}
    for form in answer.forms():
        found.names |= form.names | {k for k, _ in form.buttons}
        path = form.action or answer.path
        try:
            endpoint, _ = app.url_map.bind("localhost").match(
                urlsplit(path).path, method=form.method
            )
        except HTTPException:
            continue
        for button in form.buttons[:40] or [("", "")]:
            fields = [*form.fields, *([button] if button[0] else [])]
            kept = found.forms[slug, endpoint, form.method]
            if len(kept) < 60:
                kept.append(Filled(path, fields))
