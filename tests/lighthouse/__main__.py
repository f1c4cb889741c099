"""`make lighthouse`: the scores that Lighthouse gives to pages of the demo, loaded as by a phone.

Prints a table, and exits with 1 unless all scores are 100. The reports are in
build/lighthouse/reports.
"""

import argparse
import http.cookiejar
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.cli.demo import load_families
from portal.config import ROOT
from portal.extensions import db, writing
from portal.models import Contact, ParentLink, Phone
from portal.services.accounts import parent_sign_in
from tests.support.audit import Page
from tests.support.browser import FLAGS, find_chromium
from tests.support.client import form_values
from tests.support.contact_form import PATH, RUIZ
from tests.support.databases import Databases
from tests.support.live import Live, inside, serve

BUILD = ROOT / "build" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
FIGURES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocked",
    "cumulative-layout-shift": "layout shift",
}


@dataclass(frozen=True)
class Scores:
    """Lighthouse's report of one page."""

    page: str
    report: dict[str, Any]

    def of(self, category: str) -> int:
        return round(100 * (self.report["categories"][category]["score"] or 0))

    def are_full(self) -> bool:
        return all(self.of(category) == 100 for category in CATEGORIES)

    def row(self) -> str:
        figures = [self.report["audits"][audit]["displayValue"] for audit in FIGURES]
        return row(self.page, *(str(self.of(category)) for category in CATEGORIES), *figures)

    def faults(self) -> list[str]:
        """Return the titles of the audits that cost points."""
        return [
            f"{self.page}: {audit['title']}"
            for category in CATEGORIES
            for part in self.report["categories"][category]["auditRefs"]
            if part["weight"] and self.of(category) < 100
            for audit in [self.report["audits"][part["id"]]]
            if audit["score"] is not None and audit["score"] < 1
        ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make lighthouse")
    parser.add_argument("--runs", type=int, default=3, help="of each page, to show the median of")
    runs = parser.parse_args().runs
    databases = Databases("lighthouse")
    try:
        with databases.fresh("sqlite") as database, serve(database) as live:
            found = [
                inspect(page, live.url + path, cookie, runs)
                for page, (path, cookie) in pages(live).items()
            ]
    finally:
        databases.remove()
    print(row("", *CATEGORIES, *FIGURES.values()))
    print("|---|" + "---:|" * (len(CATEGORIES) + len(FIGURES)))
    for scores in found:
        print(scores.row())
    for scores in found:
        for fault in scores.faults():
            print(fault)
    sys.exit(not all(scores.are_full() for scores in found))


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def pages(live: Live) -> dict[str, tuple[str, str]]:
    """Return the path of each page, and the cookie to open it with."""
    with inside(live) as school:
        load_families(40)
        email = db.session.scalars(
            select(Contact.email)
            .join(ParentLink, ParentLink.parent_id == Contact.id)
            .join(Phone, Phone.contact_id == Contact.id)
            .where(Contact.school_id == school.id, Contact.email.is_not(None))
            .order_by(Contact.id)
        ).first()
        assert email is not None
        with writing():
            link = parent_sign_in.make_link(school.id, email, "code")
    return {
        "contact form": (PATH, ""),
        "thank-you page": (f"{PATH}/sent", cookie_from(live.url + PATH, RUIZ)),
        "sign-in": ("/oakwood/sign-in", ""),
        "family page": (
            "/oakwood/household",
            cookie_from(f"{live.url}/oakwood/sign-in/link/{link}", {}),
        ),
        "staff sign-in": ("/staff/sign-in", ""),
    }


def cookie_from(url: str, answers: dict[str, str]) -> str:
    """Return the cookie that a browser has after it sent the form at `url`, not yet redirected."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), Stay)
    fields = form_values(Page(browser.open(url).read().decode())) | answers
    response = browser.open(url, urllib.parse.urlencode(fields).encode())
    assert response.status == 303, f"{url}: {response.status}"
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


class Stay(urllib.request.HTTPErrorProcessor):
    """Follows no redirect: the thank-you page shows the answers only once."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response


def inspect(page: str, url: str, cookie: str, runs: int) -> Scores:
    """Return the median run, by its performance. Stops as soon as that must be 100."""
    found: list[Scores] = []
    while len(found) < runs and sum(scores.are_full() for scores in found) <= runs // 2:
        found.append(Scores(page, lighthouse(page, url, cookie)))
    return sorted(found, key=lambda scores: scores.of("performance"))[len(found) // 2]


def lighthouse(page: str, url: str, cookie: str) -> dict[str, Any]:
    file = BUILD / "reports" / page.replace(" ", "-")
    file.parent.mkdir(exist_ok=True)
    subprocess.run(
        [
            BUILD / "node_modules" / ".bin" / "lighthouse",
            url,
            "--quiet",
            "--no-enable-error-reporting",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={' '.join(['--headless=new', *FLAGS])}",
            f"--extra-headers={json.dumps({'Cookie': cookie} if cookie else {})}",
            "--output=json",
            "--output=html",
            f"--output-path={file}",
        ],
        check=True,
        env=os.environ | {"CHROME_PATH": find_chromium() or ""},
    )
    report: dict[str, Any] = json.loads(file.with_suffix(".report.json").read_text())
    assert "runtimeError" not in report, report["runtimeError"]
    assert report["finalDisplayedUrl"] == url, f"{url} led to {report['finalDisplayedUrl']}"
    return report


if __name__ == "__main__":
    main()
