"""Who is told, in the tests' own process: an HTTP receiver that checks signatures by the documentation alone, and an SMTP one.

Neither shares a line with what tells them.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """`answer` is the status that it answers with; `told` are the bodies that it took, `refused` counts the others."""

    url: str = ""
    secret: str = ""
    answer: int = 204
    location: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    arrived: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event = field(default_factory=threading.Event)
    """Set: it answers at once. Cleared: it has got the request and says nothing yet."""

    def verified(self, header: str, body: bytes) -> bool:
        """As docs/notifications.md says it."""
        if not self.secret:
            return True
        parts = dict(part.split("=", 1) for part in header.split(","))
        wanted = hmac.new(self.secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, parts["v1"])


@contextlib.contextmanager
def webhook(secret: str = "") -> Iterator[Webhook]:
    """A receiver on a port of loopback, while the scope lasts."""
    one = Webhook(secret=secret)
    one.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            assert one.verified(self.headers.get("Winslow-Signature", ""), body)
            one.arrived.set()
            one.hold.wait(60)
            taken = 200 <= one.answer < 300
            if taken:
                one.told.append(json.loads(body))
            else:
                one.refused += 1
            with contextlib.suppress(OSError):  # who asked may be gone
                self.send_response(one.answer)
                if one.location:
                    self.send_header("Location", one.location)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_port}/hook?key=1"
    with _served(server):
        yield one
        one.hold.set()


@dataclass
class Mailbox:
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    """An SMTP server on a port of loopback that takes all mail, while the scope lasts."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 box")
            for line in self.rfile:
                word = line.decode().strip().upper()
                if word.startswith("RCPT"):
                    box.recipients.append(line.decode().strip().partition(":")[2].strip("<> "))
                if word == "DATA":
                    self._say("354 go on")
                    data = b"".join(iter(self.rfile.readline, b".\r\n"))
                    box.mails.append(email.message_from_bytes(data, policy=email.policy.default))  # type: ignore[arg-type]
                self._say("221 bye" if word == "QUIT" else "250 ok")

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    box.port = server.server_address[1]
    with _served(server):
        yield box


@contextlib.contextmanager
def _served(server: socketserver.TCPServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
