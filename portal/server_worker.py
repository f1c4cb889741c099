"""The production server's worker: gives a request to a thread only when all of it is there.

gunicorn's own threads read a request from its socket, however slowly it comes: as many half-sent
requests as there are threads stop the server. Here the worker's one event loop collects each
request, with a deadline for the whole and one for the next byte, as a buffering proxy would. A
thread then reads from memory and never waits. The loop also closes connections, which
gunicorn does with a wait of up to two seconds for each.

Pages that are asked for, and forms that are sent, have threads of their own: a form may wait for
its turn to write, and pages must not wait behind it.
"""

import errno
import re
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.http import get_parser, wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from portal.config import LARGEST_FORM

WRITE_SECONDS = 10
STOP_SECONDS = 2.0
"""Time for unfinished requests when the worker is told to end."""
LINGER_SECONDS = 2.0
"""Time after a response for the other side to close. A socket that is closed with something unread
may lose the end of the response."""
SWEEP_SECONDS = 0.5
LONGEST_HEAD = 64 * 1024
SEND_BUFFER = 256 * 1024
"""Large enough for every public page, so a visitor who does not read holds up no thread."""
_CHUNK = 64 * 1024
SENDING_THREADS = 4
"""For requests that are not a GET. On SQLite one of them writes and the others wait."""

_LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)
_NO_LENGTH = re.compile(rb"\r\nTransfer-Encoding[ \t]*:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nExpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class BufferedConn(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection, and its next request as far as it has arrived."""

    def __init__(self, worker: "BufferedWorker", *args: Any) -> None:
        super().__init__(*args)
        self._worker = worker
        self.received = bytearray()
        self.size: int | None = None
        """Of the whole request, once its head is there."""
        self.whole_by = self.next_by = 0.0
        self.sends = False
        """Its request may change something."""

    def due(self) -> float:
        return min(self.whole_by, self.next_by)

    def hand_over(self, request: bytes) -> None:
        """Let gunicorn parse only these bytes. Missing ones are an error, not a reason to wait."""
        self.sends = not request.startswith((b"GET ", b"HEAD "))
        self.initialized = True
        self.parser = get_parser(self.cfg, [request], self.client)

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._worker.linger(self)
        else:
            super().close()


class ThreadPools:
    """Threads for pages, and others for forms that are sent."""

    def __init__(self, threads: int) -> None:
        self._asking = ThreadPoolExecutor(threads, "asking")
        self._sending = ThreadPoolExecutor(SENDING_THREADS, "sending")

    def submit(self, handle: Callable[[BufferedConn], Any], conn: BufferedConn) -> "Future[Any]":
        return (self._sending if conn.sends else self._asking).submit(handle, conn)

    def shutdown(self, wait: bool = True) -> None:
        self._asking.shutdown(wait)
        self._sending.shutdown(wait)


class BufferedWorker(ThreadWorker):  # type: ignore[misc]
    """Collects requests in its loop. Methods run there, unless gunicorn says otherwise."""

    read_seconds = 30.0
    """For one whole request: 256 KB over a phone's slow uplink (70 kbit/s) takes as long."""
    idle_seconds = 10.0
    """Without a byte. Phones stall for some seconds when they change from one mast to the next."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading: dict[BufferedConn, None] = {}
        """Connections with an unfinished request, the oldest first."""
        self.lingering: dict[BufferedConn, None] = {}
        self._sweep_at = 0.0
        self._stops_at: float | None = None

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        super().check_config(cfg, log)
        if cfg.is_ssl:
            sys.exit(
                "Can't use --certfile or --keyfile. Use a proxy in front of the portal for TLS."
            )

    def init_process(self) -> None:
        wsgi.Response = NamelessResponse
        super().init_process()

    def get_thread_pool(self) -> ThreadPools:
        return ThreadPools(self.cfg.threads)

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection. If there are too many, close the oldest unfinished one."""
        if self.nr_conns >= self.worker_connections - 1:
            self._make_room()
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                self._make_room()
            elif error.errno not in {errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK}:
                raise
            return
        self.nr_conns += 1
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        limit = struct.pack("ll", WRITE_SECONDS, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._read(BufferedConn(self, self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: BufferedConn, client: socket.socket) -> None:
        """Start the next request of a connection that was kept."""
        if conn not in self.keepalived_conns:
            return  # it made room for another in the same turn of the loop
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._read(conn)

    def finish_request(self, conn: BufferedConn, fs: "Future[Any]") -> None:
        kept = not fs.cancelled() and fs.exception() is None and fs.result() is True
        if kept and conn.received and self.alive:
            self._read(conn)  # the next request came along with the last
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close overdue connections. gunicorn's loop calls this at least once a second."""
        super().murder_pending()
        now = time.monotonic()
        if self._stops_at is None and not self.alive:
            self._stops_at = now + STOP_SECONDS
        if now < self._sweep_at:
            return
        self._sweep_at = now + SWEEP_SECONDS
        last = self._stops_at if self._stops_at is not None else float("inf")
        for conn in _overdue(self.reading, now, last):
            if conn.received:
                self._refuse(conn, "408 Request Timeout")
            else:
                self._drop(conn)
        for conn in _overdue(self.lingering, now, last):
            self._close_lingering(conn)

    def linger(self, conn: BufferedConn) -> None:
        """End our side of a connection. Close it when the other side has, or after a while."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self._discard, conn))
        except (OSError, ValueError, KeyError):
            conn.close()
            return
        conn.whole_by = conn.next_by = time.monotonic() + LINGER_SECONDS
        self.lingering[conn] = None

    def _read(self, conn: BufferedConn) -> None:
        """Collect a request from its start. Some of it may have arrived already."""
        now = time.monotonic()
        conn.size = None
        conn.whole_by, conn.next_by = now + self.read_seconds, now + self.idle_seconds
        conn.sock.setblocking(False)
        self.reading[conn] = None
        self.poller.register(conn.sock, EVENT_READ, partial(self._receive, conn))
        if conn.received:
            self._look_at(conn, 0)

    def _receive(self, conn: BufferedConn, _sock: socket.socket) -> None:
        if conn not in self.reading:
            return  # it made room for another in the same turn of the loop
        if (data := _arrived(conn)) is None:
            return
        if not data:
            self._drop(conn)
            return
        before = len(conn.received)
        conn.received += data
        conn.next_by = time.monotonic() + self.idle_seconds
        self._look_at(conn, before)

    def _look_at(self, conn: BufferedConn, before: int) -> None:
        """Hand the request over if it is complete. `before` bytes were checked already."""
        if conn.size is None:
            _strip_line_ends(conn.received)
            end = conn.received.find(b"\r\n\r\n", max(0, before - 3))
            if not 0 <= end <= LONGEST_HEAD:
                if len(conn.received) > LONGEST_HEAD:
                    self._refuse(conn, "431 Request Header Fields Too Large")
                return
            if not self._understand(conn, end + 4):
                return
        if conn.size is not None and len(conn.received) >= conn.size:
            self._hand_over(conn, conn.size)

    def _understand(self, conn: BufferedConn, head_size: int) -> bool:
        """Read the length from the head. Returns False if the request is finished with."""
        head = bytes(conn.received[:head_size])
        if _NO_LENGTH.search(head):
            self._refuse(conn, "411 Length Required")
            return False
        found = _LENGTH.search(head)
        length = int(found[1]) if found else 0
        if length > LARGEST_FORM:  # the app refuses it unread; then the connection must end
            line_end = head.index(b"\r\n")
            conn.received[line_end:line_end] = b"\r\nConnection: close"
            self._hand_over(conn, len(conn.received))
            return False
        conn.size = head_size + length
        if len(conn.received) < conn.size and (expects := _EXPECTS.search(head)):
            _say(conn, b"HTTP/1.1 100 Continue\r\n\r\n")
            del conn.received[expects.start() : expects.end() - 2]  # said, and not to be said again
            conn.size -= expects.end() - 2 - expects.start()
        return True

    def _hand_over(self, conn: BufferedConn, size: int) -> None:
        self._forget(conn)
        request = bytes(conn.received[:size])
        del conn.received[:size]
        conn.hand_over(request)
        self.enqueue_req(conn)

    def _refuse(self, conn: BufferedConn, status: str) -> None:
        _say(conn, f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self._forget(conn)
        self.nr_conns -= 1
        conn.close(graceful=True)

    def _drop(self, conn: BufferedConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def _forget(self, conn: BufferedConn) -> None:
        del self.reading[conn]
        self.poller.unregister(conn.sock)

    def _make_room(self) -> None:
        if self.lingering:
            self._close_lingering(next(iter(self.lingering)))
        if self.reading:
            self._drop(next(iter(self.reading)))
        elif self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def _discard(self, conn: BufferedConn, _sock: socket.socket) -> None:
        if conn in self.lingering and _arrived(conn) == b"":
            self._close_lingering(conn)

    def _close_lingering(self, conn: BufferedConn) -> None:
        del self.lingering[conn]
        self.poller.unregister(conn.sock)
        conn.close()


class NamelessResponse(wsgi.Response):  # type: ignore[misc]
    """A response that does not name the server."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


def _overdue(conns: Iterable[BufferedConn], now: float, last: float) -> list[BufferedConn]:
    return [conn for conn in conns if min(conn.due(), last) <= now]


def _arrived(conn: BufferedConn) -> bytes | None:
    """Bytes that have arrived; none at the end, None if there are none yet."""
    try:
        return bytes(conn.sock.recv(_CHUNK))
    except (BlockingIOError, InterruptedError):
        return None
    except OSError:
        return b""


def _strip_line_ends(received: bytearray) -> None:
    """Line ends before a request are skipped (RFC 9112, 2.2)."""
    while received.startswith(b"\r\n"):
        del received[:2]


def _say(conn: BufferedConn, words: bytes) -> None:
    """Send a few bytes that fit the socket's buffer, and never wait for the other side to read."""
    try:
        conn.sock.send(words)
    except OSError:
        return
