"""A slow or dying mail server: plain sockets, so it can do what a server should not."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage


@dataclass
class SlowPost:
    """Every email that came in, the same one as often as it came. `before` gets the name of each
    step (`RCPT`, or `taken` for an email's text) and the email so far, and may wait or raise."""

    url: str
    before: Callable[[str, str], None] = lambda _step, _text: None
    goodbye: str = "221 Bye"
    extensions: tuple[str, ...] = ()
    mails: list[EmailMessage] = field(default_factory=list)
    came_at: list[float] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)


@contextmanager
def slow_server() -> Iterator[SlowPost]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    post = SlowPost(f"smtp://127.0.0.1:{listener.getsockname()[1]}?from=office@oakwood.example")
    threading.Thread(target=_accept, args=[listener, post], daemon=True).start()
    try:
        yield post
    finally:
        listener.close()


def _accept(listener: socket.socket, post: SlowPost) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_talk, args=[connection, post], daemon=True).start()


def _talk(connection: socket.socket, post: SlowPost) -> None:
    with connection, connection.makefile("rw", newline="\r\n", encoding="utf-8") as lines:

        def say(answer: str) -> None:
            lines.write(f"{answer}\r\n")
            lines.flush()

        try:
            say("220 slow.example")
            for line in lines:
                verb = line.split()[0].upper()
                post.commands.append(line.strip())
                post.before(verb, "")
                if verb == "EHLO":
                    say(
                        "\r\n".join(
                            ["250-slow", *(f"250-{one}" for one in post.extensions), "250 8BITMIME"]
                        )
                    )
                elif verb == "DATA":
                    say("354 Go on")
                    _take(iter(lines), post)
                    say("250 Taken")
                elif verb == "QUIT":
                    say(post.goodbye)
                    return
                else:
                    say("250 OK")
        except OSError:  # it dies, or the other side has gone
            return


def _take(lines: Iterator[str], post: SlowPost) -> None:
    text = ""
    for line in lines:
        if line == ".\r\n":
            break
        text += line
    message = message_from_string(text, _class=EmailMessage, policy=policy.default)
    post.before("taken", str(message["Subject"]))
    post.mails.append(message)
    post.came_at.append(time.monotonic())
