"""A registry of one image, small enough to read: what the engine asks for in a pull, over plain HTTP on loopback."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.images import busybox_layer

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
UNKNOWN = b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'
CONFIG = "application/vnd.docker.container.image.v1+json"


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Registry:
    """Serves `tiny:1`. The layer trickles while `flowing` is clear; `asked` is set once it was wanted, `hung_up` once it is not."""

    def __init__(self) -> None:
        layer = busybox_layer({"etc/unique": uuid.uuid4().bytes})  # or the engine would have it already
        packed = gzip.compress(layer, compresslevel=1, mtime=0)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Cmd": ["echo", "pulled"]},
                "rootfs": {"type": "layers", "diff_ids": [sha256(layer)]},
            }
        ).encode()
        self.blobs = {sha256(packed): packed, sha256(config): config}
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {"mediaType": CONFIG, "size": len(config), "digest": sha256(config)},
                "layers": [{"mediaType": LAYER, "size": len(packed), "digest": sha256(packed)}],
            }
        ).encode()
        self.flowing = threading.Event()
        self.flowing.set()
        self.asked = threading.Event()
        self.hung_up = threading.Event()
        self.manifests_served = 0
        self.address = ""

    @property
    def image(self) -> str:
        return f"{self.address}/tiny:1"

    @property
    def digest(self) -> str:
        return f"{self.address}/tiny@{sha256(self.manifest)}"

    def answer(self, path: str) -> tuple[bytes, str] | None:
        """The body and its type for a path of the registry's API."""
        if path in ("/v2/tiny/manifests/1", f"/v2/tiny/manifests/{sha256(self.manifest)}"):
            return self.manifest, MANIFEST
        blob = self.blobs.get(path.removeprefix("/v2/tiny/blobs/"))
        return None if blob is None else (blob, LAYER if blob[:2] == b"\x1f\x8b" else CONFIG)


def handler_of(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.reply(body=False)

        def do_GET(self) -> None:
            self.reply(body=True)

        def reply(self, body: bool) -> None:
            found = (b"{}", "application/json") if self.path == "/v2/" else registry.answer(self.path)
            status, (data, kind) = (200, found) if found else (404, (UNKNOWN, "application/json"))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Docker-Content-Digest", sha256(data))
            self.end_headers()
            if kind == MANIFEST:
                registry.manifests_served += body
            if body:
                self.send(data, kind)

        def send(self, data: bytes, kind: str) -> None:
            """While it is kept back the layer trickles: a receiver that went is only found out by sending."""
            if kind == LAYER:
                registry.asked.set()
            try:
                while kind == LAYER and not registry.flowing.wait(0.02):
                    self.wfile.write(data[:1])
                    data = data[1:]
                self.wfile.write(data)
            except OSError:
                registry.hung_up.set()
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def running_registry() -> Iterator[Registry]:
    registry = Registry()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(registry))
    server.daemon_threads = True
    registry.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield registry
    finally:
        registry.flowing.set()
        server.shutdown()
        thread.join()
        server.server_close()
