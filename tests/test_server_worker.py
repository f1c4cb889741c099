"""The production server, reached without a proxy: half-sent requests hold up nobody."""

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from portal.config import LARGEST_FORM
from portal.server_worker import BufferedWorker
from tests.support.contact_form import PATH, RUIZ, Sender
from tests.support.databases import Databases
from tests.support.live import Live, serve, served

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /oakwood/forms/contact HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nchild1="
HALF_SENT = {
    "nothing": b"",
    "half a line": b"GET /oak",
    "headers without an end": b"GET / HTTP/1.1\r\nHost: x\r\nX-More: 1\r\n",
    "half a body": POST,
    "a body that is too large": POST.replace(b"5000", b"5000000"),
    "a body in chunks": POST.replace(b"Content-Length: 5000", b"Transfer-Encoding: chunked"),
    "an answer that nobody reads": GET.replace(b"Host", b"Connection: close\r\nHost"),
}


@pytest.fixture(scope="module")
def live(databases: Databases) -> Iterator[Live]:
    with databases.fresh("sqlite") as database, serve(database) as live:
        yield live


@pytest.fixture(scope="module")
def hurried(databases: Databases) -> Iterator[Live]:
    """With deadlines of 3 seconds for the whole, 1.5 for the next byte."""
    worker = ("-k", "tests.support.quick_worker.QuickWorker")
    with databases.fresh("sqlite") as database, served(database, *worker) as live:
        yield live


def connect(live: Live) -> socket.socket:
    parts = urlsplit(live.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


@contextmanager
def connections(live: Live, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(connect(live)) for _ in range(count)]


def read_all(there: socket.socket) -> bytes:
    """Until the server closes."""
    found = b""
    while data := there.recv(65536):
        found += data
    return found


def ask(live: Live, request: bytes = GET) -> bytes:
    """A visitor asks and goes; gives the whole answer."""
    with connect(live) as there:
        there.sendall(request.replace(b"Host", b"Connection: close\r\nHost", 1))
        return read_all(there)


def seconds_to_be_answered(live: Live) -> float:
    began = time.monotonic()
    for _ in range(4):  # of both workers, whichever takes it
        assert ask(live).startswith(b"HTTP/1.1 200 ")
    return time.monotonic() - began


@pytest.mark.parametrize("kind", HALF_SENT)
def test_sixty_half_sent_requests_keep_no_other_visitor_waiting(live: Live, kind: str) -> None:
    with connections(live, 60) as waiting:
        for there in waiting:
            there.sendall(HALF_SENT[kind])
        assert seconds_to_be_answered(live) < 2


def test_sixty_requests_of_a_byte_at_a_time_keep_no_other_visitor_waiting(hurried: Live) -> None:
    """And are ended when their time is over, though each byte came in time."""
    began = time.monotonic()
    ended = threading.Event()
    with connections(hurried, 60) as waiting:

        def drip() -> None:
            while not ended.wait(0.4):
                for there in waiting:
                    with suppress(OSError):  # the server has closed it
                        there.sendall(b"a")

        for there in waiting:
            there.sendall(POST)
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert seconds_to_be_answered(hurried) < 2
            for there in waiting:
                answer = b""
                with suppress(ConnectionResetError):  # by bytes that came after the end
                    answer = read_all(there)
                assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
            assert 2.5 < time.monotonic() - began < 8
        finally:
            ended.set()
            dripping.join()


@pytest.mark.parametrize("sent", [b"", b"GET /oak", POST], ids=["nothing", "head", "body"])
def test_a_request_that_goes_no_further_is_ended(hurried: Live, sent: bytes) -> None:
    began = time.monotonic()
    with connect(hurried) as there:
        there.sendall(sent)
        answer = read_all(there)
    assert answer.startswith(b"HTTP/1.1 408 ") if sent else answer == b""
    assert 1 < time.monotonic() - began < 3


def test_deadlines_leave_slow_phones_time() -> None:
    """256 KB at 70 kbit/s, and a while without a signal."""
    assert BufferedWorker.read_seconds * 70_000 / 8 >= LARGEST_FORM
    assert 5 <= BufferedWorker.idle_seconds < BufferedWorker.read_seconds


def test_a_form_that_comes_slowly_and_in_pieces_is_taken(hurried: Live) -> None:
    body = b"a=" + b"x" * 200_000
    head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    whole = head % len(body) + body
    pieces = [
        whole[:7],
        whole[7:60],
        *(whole[n : n + 20_000] for n in range(60, len(whole), 20_000)),
    ]
    with connect(hurried) as there:
        for piece in pieces:
            there.sendall(piece)
            time.sleep(0.1)  # what makes it slow
        assert read_all(there).startswith(b"HTTP/1.1 405 ")


def test_requests_over_one_connection_are_answered_in_order(live: Live) -> None:
    form = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=1"
    last = GET.replace(b"Host", b"Connection: close\r\nHost")
    with connect(live) as there:
        there.sendall(GET + form + last)
        answer = read_all(there)
        statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"405", b"200"]

    with connect(live) as there:
        for _ in range(3):
            there.sendall(GET)
            answer = b""
            while not answer.endswith(b'{"status":"ok"}\n'):
                answer += there.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"b" * 70_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5x\r\n\r\nhello", b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello",
            b"400",
        ),
        (b"nonsense\r\n\r\n", b"400"),
        (b"\r\n\r\n" + GET, b"200"),
    ],
)
def test_what_is_no_sound_request_is_refused_at_once(
    live: Live, request_: bytes, status: bytes
) -> None:
    began = time.monotonic()
    assert ask(live, request_).startswith(b"HTTP/1.1 " + status)
    assert time.monotonic() - began < 2


def test_a_form_that_is_too_large_is_told_so_and_ends_the_connection(live: Live) -> None:
    body = b"a=" + b"x" * 600_000
    head = b"POST /oakwood/forms/contact HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    with connect(live) as there:
        there.sendall(head % len(body) + body)
        answer = read_all(there)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
    assert answer.count(b"HTTP/1.1 ") == 1


def test_a_client_that_asks_before_it_sends_is_told_to_go_on(live: Live) -> None:
    head = POST.partition(b"\r\n\r\n")[0].replace(b"5000", b"3")
    with connect(live) as there:
        there.sendall(head + b"\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert there.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        there.sendall(b"a=1")
        assert read_all(there).startswith(b"HTTP/1.1 4")


def test_more_connections_than_there_is_room_for_keep_nobody_out(databases: Databases) -> None:
    """The oldest of those that are not finished make room."""
    few = ("--worker-connections", "30")
    with (
        databases.fresh("sqlite") as database,
        served(database, *few) as live,
        connections(live, 120) as waiting,
    ):
        for there in waiting:
            there.sendall(b"GET /oak")
        assert seconds_to_be_answered(live) < 2


def test_forms_that_wait_to_be_written_keep_no_page_waiting(live: Live) -> None:
    """There are more of them than the server has threads."""
    senders = [Sender(live.url) for _ in range(30)]
    held = sqlite3.connect(live.database.url.removeprefix("sqlite:///"), isolation_level=None)
    with ThreadPoolExecutor(len(senders)) as pool, closing(held):
        held.execute("BEGIN IMMEDIATE")
        sent = [pool.submit(sender.send, RUIZ) for sender in senders]
        time.sleep(1.5)
        assert seconds_to_be_answered(live) < 1
        assert ask(live, GET.replace(b"/healthz", PATH.encode())).endswith(b"</html>")
        assert not any(form.done() for form in sent)
        held.execute("ROLLBACK")
        for form in sent:
            form.result()


def test_a_server_that_is_told_to_end_does_not_wait_for_half_sent_requests(
    databases: Databases,
) -> None:
    with databases.fresh("sqlite") as database, ExitStack() as stack:
        with served(database) as live:
            for there in stack.enter_context(connections(live, 10)):
                there.sendall(POST)
            began = time.monotonic()
        assert time.monotonic() - began < 8


def test_no_answer_says_which_server_gave_it(live: Live) -> None:
    for request in (GET, GET.replace(b"healthz", b"nosuch/"), b"nonsense\r\n\r\n"):
        answer = ask(live, request)
        assert b"\r\n" in answer
        assert b"\r\nserver:" not in answer.lower()
        assert b"gunicorn" not in answer.lower()


def test_visitors_who_do_not_read_their_answers_keep_nobody_waiting(live: Live) -> None:
    parts = urlsplit(live.url)
    page = GET.replace(b"/healthz", b"/oakwood/forms/contact")
    with ExitStack() as stack:
        for _ in range(60):
            there = stack.enter_context(socket.socket())
            there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            there.connect((parts.hostname, parts.port))
            there.sendall(page)
        assert ask(live, page).endswith(b"</html>")
        assert seconds_to_be_answered(live) < 4
