"""Tiny images without a registry: a static busybox and two users, imported into the real engine and removed again."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from docker import APIClient

PASSWD = "root:x:0:0:root:/:/bin/sh\nworker:x:1234:2345:worker:/:/bin/sh\n"
GROUP = "root:x:0:\nworkers:x:2345:\nothers:x:777:\n"


def busybox() -> Path:
    """The static busybox of this machine (Debian: busybox-static)."""
    found = shutil.which("busybox")
    if found is None:
        raise RuntimeError("tests need busybox: apt-get install busybox-static")
    return Path(found)


def busybox_layer(extra: dict[str, bytes] | None = None) -> bytes:
    """A root file system as tar: /bin with every applet, /etc/passwd, /etc/group, /tmp, and the files of `extra`."""
    program = busybox()
    applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        files = {"bin/busybox": program.read_bytes(), "etc/passwd": PASSWD.encode(), "etc/group": GROUP.encode()}
        for name, data in {**files, **(extra or {})}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            tar.addfile(entry, io.BytesIO(data))
        for applet in applets:
            if applet != "busybox":  # a link to itself would hide the program
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(entry)
    return buffer.getvalue()


@contextlib.contextmanager
def busybox_image(*changes: str, extra: dict[str, bytes] | None = None) -> Iterator[str]:
    """An image of its own name in the local engine, with Dockerfile instructions `changes`; removed at the end."""
    client = APIClient(version="auto")
    name = f"winslow-test-{uuid.uuid4().hex[:12]}:1"
    repository, tag = name.split(":")
    client.import_image_from_data(busybox_layer(extra), repository=repository, tag=tag, changes=list(changes))
    try:
        yield name
    finally:
        client.remove_image(name, force=True)
        client.close()
