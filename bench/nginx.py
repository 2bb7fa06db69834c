"""nginx as a peer for files over HTTP: sendfile one way, PUT the other, configured as its manual says."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.etcd import free_ports

_CONFIG = """
daemon off;
user root;
pid {home}/nginx.pid;
error_log {home}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    sendfile on;
    sendfile_max_chunk 0;
    tcp_nopush on;
    client_max_body_size 0;
    client_body_temp_path {home}/bodies;
    server {{
        listen 127.0.0.1:{port};
        root {files};
        location / {{ dav_methods PUT; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(home: Path, files: Path) -> Iterator[str]:
    """Its address, giving and taking what is in `files`, which is on the same file system as `home`."""
    home.mkdir()
    (port,) = free_ports(1)
    (home / "nginx.conf").write_text(_CONFIG.format(home=home, files=files, port=port))
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(home), "-c", str(home / "nginx.conf")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(port, process)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx did not start: scripts/setup bench"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError("nginx did not answer within 10 s")
