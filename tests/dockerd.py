"""A Docker engine of a test's own, to be stopped, killed and started again beside the machine's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from docker import APIClient
from docker.errors import DockerException

needs_dockerd = pytest.mark.skipif(
    os.geteuid() != 0 or None in map(shutil.which, ("dockerd", "unshare")),
    reason="NOT TESTED: an engine of its own needs root, dockerd and unshare",
)


class Dockerd:
    """A second engine beside the machine's, with everything it has under `root`. Use as a context, or `start` and `clean`."""

    def __init__(self, root: Path, *, live_restore: bool = False) -> None:
        self._root = root
        self._live_restore = live_restore
        self.url = f"unix://{root}/docker.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        command = [
            # A network of its own: an engine without a bridge deletes docker0, which would be the machine's engine's.
            *("unshare", "--net"),
            *("dockerd", "--host", self.url, "--data-root", self._root / "data", "--exec-root", self._root / "exec"),
            *("--pidfile", self._root / "pid", "--bridge", "none", "--iptables=false", "--storage-driver", "vfs"),
            *("--config-file", self._root / "config.json", "--shutdown-timeout", "5"),
        ]
        (self._root / "config.json").write_text(json.dumps({"live-restore": self._live_restore}))
        with (self._root / "dockerd.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self.client().close()

    def client(self) -> APIClient:
        deadline = time.monotonic() + 60
        while True:
            try:
                return APIClient(self.url, version="auto")
            except DockerException:
                assert time.monotonic() < deadline, (self._root / "dockerd.log").read_text()[-2000:]
                time.sleep(0.05)

    def load(self, image: str) -> None:
        """The image as the machine's engine has it, under the same id."""
        ours, theirs = APIClient(version="auto"), self.client()
        with contextlib.closing(ours), contextlib.closing(theirs):
            theirs.load_image(b"".join(ours.get_image(image)))

    def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)
        if how is signal.SIGKILL:  # containerd dies with it; where nobody reaps it, its id would look alive
            for name in ("pid", "exec/containerd/containerd.pid"):
                (self._root / name).unlink(missing_ok=True)

    def clean(self) -> None:
        """End it with all its containers, and leave nothing mounted."""
        with contextlib.suppress(AssertionError):
            client = self.client()
            for entry in client.containers(all=True):
                client.remove_container(entry["Id"], force=True)
            client.close()
        self.end(signal.SIGTERM)
        mounts = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{self._root}/")), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)

    def __enter__(self) -> Dockerd:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()
        self.clean()
