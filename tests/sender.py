"""A sender of one file over tus, at sockets, for what no client library does: to be cut at any byte, and to count every byte.

It sends again from where the server says, as long as it takes; `resent` is what it had handed to the system before each
cut and the server did not have.
"""

from __future__ import annotations

import base64
import http.client
import os
import socket
import threading
from contextlib import suppress

STEP = 256 << 10
"""Bytes between two looks at whether it is to be cut."""
TUS = {"Tus-Resumable": "1.0.0"}
_FAULTS = (OSError, http.client.HTTPException)


class Sender:
    """Sends the file `source` to `path` of the API, at first to `address` (host:port)."""

    def __init__(self, address: str, path: str, source: str, *, replace: bool = False) -> None:
        self.address = address
        self.resent: list[int] = []
        """Bytes that were sent again, by cut."""
        self.acknowledged = 0
        self._sent = 0
        self._path, self._replace = path, replace
        self._fd = os.open(source, os.O_RDONLY)
        self.size = os.fstat(self._fd).st_size
        self.place = ""
        self._connection: socket.socket | None = None

    def begin(self) -> None:
        said = {"path": self._path, "replace": "true" if self._replace else "false"}
        told = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items())
        status, headers = self._asked("POST", "/files", {"Upload-Length": str(self.size), "Upload-Metadata": told})
        assert status == 201, (status, headers)
        self.place = headers["Location"]

    def look(self) -> int:
        """What the server has; less than it acknowledged before is a lost byte. Raises OSError while it is away."""
        status, headers = self._asked("HEAD", self.place, {})
        if status != 200:
            raise ConnectionError(status)
        offset = int(headers["Upload-Offset"])
        assert offset >= self.acknowledged, f"{self.acknowledged} bytes were acknowledged, {offset} are there"
        if self._sent:
            self.resent.append(max(0, self._sent - offset))
            self._sent = 0
        self.acknowledged = offset
        return offset

    def send(self, until: int | None = None) -> bool:
        """Go on from where the server is, to the end or until byte `until` was handed over. Whether all of it is there."""
        try:
            offset = self.look()
            if offset == self.size:
                return True
            self._sent = offset
            with self._opened() as one:
                one.sendall(self._head(offset))
                while self._sent < self.size:
                    if until is not None and self._sent >= until:
                        return False
                    self._sent += os.sendfile(one.fileno(), self._fd, self._sent, min(STEP, self.size - self._sent))
                answer = http.client.HTTPResponse(one)
                answer.begin()
                if answer.status != 204:
                    return False
        except _FAULTS:
            return False
        self.acknowledged, self._sent = self.size, 0
        return True

    def cut(self) -> None:
        """Be gone, from another thread: what `send` does now fails."""
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def run(self, patience: threading.Event) -> None:
        """Send until all of it is there, or until `patience` is set."""
        while not self.send() and not patience.is_set():
            patience.wait(0.02)

    def close(self) -> None:
        os.close(self._fd)

    def _opened(self) -> socket.socket:
        host, _, port = self.address.rpartition(":")
        self._connection = socket.create_connection((host, int(port)), timeout=30)
        return self._connection

    def _head(self, offset: int) -> bytes:
        headers = {
            **TUS,
            "Host": self.address,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Content-Length": str(self.size - offset),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"PATCH {self.place} HTTP/1.1\r\n{lines}\r\n".encode()

    def _asked(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, http.client.HTTPMessage]:
        host, _, port = self.address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        try:
            connection.request(method, path, headers={**TUS, **headers})
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers
        finally:
            connection.close()
