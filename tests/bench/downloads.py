"""Downloads from the server itself, over HTTP: how soon they begin, and what they take of memory.

The worker's memory is what the kernel says: its peak while a download runs (which can be set back),
less what it had before.
"""

import http.cookiejar
import re
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

from portal.services.schools.saved_searches import COME_WITH_SCHOOL
from tests.bench.table import Measured
from tests.support.audit import Page
from tests.support.client import form_values
from tests.support.databases import Database
from tests.support.live import Live, served
from tests.support.people import PASSWORD

STAFF = "/oakwood/staff"
OPTED_OUT = COME_WITH_SCHOOL["Parents who opted out"]
DOWNLOADS = {
    "opt-outs.csv": f"{STAFF}/opt-outs.csv",
    "“Parents who opted out” as CSV": f"{STAFF}/search.csv?{OPTED_OUT}",
    "“Parents who opted out” as XLSX": f"{STAFF}/search.xlsx?{OPTED_OUT}",
}
TIMES = 5
MEGABYTE = 1024 * 1024


def downloads(database: Database, email: str) -> Iterator[Measured]:
    """Each from a server that has only signed somebody in and shown a page so far."""
    for name, path in DOWNLOADS.items():
        with served(database, WEB_CONCURRENCY="1") as live:
            browser = _signed_in(live, email)
            browser.open(f"{live.url}{STAFF}/search?{OPTED_OUT}").read()
            [worker] = _children(live.pid)
            before = _set_back(worker)
            first = Measured(f"{name}: first byte", "s", bound=1, judged="worst")
            whole = Measured(f"{name}: all of it", "s")
            for _ in range(TIMES):
                lines = _fetch(browser, live.url + path, first, whole)
            memory = Measured(f"{name} ({lines}): memory", "MB", bound=50, judged="worst")
            memory.add((_kib(worker, "VmHWM") - before) / 1024)
        yield from (first, whole, memory)


def _signed_in(live: Live, email: str) -> urllib.request.OpenerDirector:
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.addheaders = [("Accept-Encoding", "identity")]
    page = Page(browser.open(f"{live.url}/staff/sign-in").read().decode())
    fields = form_values(page) | {"email": email, "password": PASSWORD}
    data = urllib.parse.urlencode(fields).encode()
    browser.open(f"{live.url}/staff/sign-in", data).read()
    browser.addheaders = [("Accept-Encoding", "gzip")]  # as browsers ask
    return browser


def _fetch(
    browser: urllib.request.OpenerDirector, url: str, first: Measured, whole: Measured
) -> str:
    """The time to the first byte of the file's content, and to the last; and its size."""
    start = time.perf_counter()
    size = lines = 0
    with browser.open(url) as answer:
        packed = answer.headers.get("Content-Encoding") == "gzip"
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if packed else None
        while piece := answer.read1(65536):
            content = unpack.decompress(piece) if unpack else piece
            if content and not size:
                first.add(time.perf_counter() - start)
            size += len(content)
            lines += content.count(b"\n")
    whole.add(time.perf_counter() - start)
    rows = answer.headers.get("X-Rows") or str(lines - 1)
    return f"{int(rows):,} rows, {size / MEGABYTE:.1f} MB"


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _set_back(pid: int) -> int:
    """Let the kernel note the process's peak anew; what it has now, in KiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _kib(pid, "VmRSS")


def _kib(pid: int, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.M)
    assert found is not None, f"the kernel says no {name}"
    return int(found[1])
