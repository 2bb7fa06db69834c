"""Asks Ceph's monitors through librados: a program of its own, so that it can be killed (ADR 24).

It reads one JSON object from its input and writes one to its output, and imports nothing of Winslow's, nor Python's `site`:
it starts in a few milliseconds. Who calls it holds the deadline; librados may hang for longer than it is told to.

    {"binding": PATH, "conf": PATH, "name": "client.N", "keyring": PATH or null, "within": SECONDS, "fsid": "" or FSID,
     "commands": [{...}, ...]}
    {"answers": [[CODE, TEXT, SAID], ...]}  or  {"failed": [ERRNO, TEXT]}  or  {"elsewhere": FSID}  or  {"no_binding": TEXT}
"""

from __future__ import annotations

import json
import math
import os
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any


def main() -> None:
    asked = json.load(sys.stdin)
    answer = _answered(asked)
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # without librados' farewell, which may wait for monitors


def _answered(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        rados = _binding(asked["binding"])
    except (ImportError, OSError) as error:
        return {"no_binding": str(error)}
    try:
        cluster = _connected(rados, asked)
        fsid = cluster.get_fsid()
        if asked["fsid"] not in ("", fsid):
            return {"elsewhere": fsid}
        return {"answers": [_ask(cluster, command, asked["within"]) for command in asked["commands"]]}
    except rados.Error as error:
        return {"failed": [getattr(error, "errno", None) or 0, str(error)]}


def _binding(path: str) -> Any:
    """The distribution's `rados`, which is not on our path: it belongs to the system's Python, of the same version."""
    loader = ExtensionFileLoader("rados", path)
    spec = spec_from_loader("rados", loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["rados"] = module
    loader.exec_module(module)
    return module


def _connected(rados: Any, asked: dict[str, Any]) -> Any:
    within = str(math.ceil(asked["within"]))  # whole seconds, or it is refused
    options = {
        "client_mount_timeout": within,
        "rados_mon_op_timeout": within,
        "admin_socket": "",
        "log_file": "",
        "log_to_stderr": "false",
    }
    if asked["keyring"] is not None:
        options["keyring"] = asked["keyring"]
    cluster = rados.Rados(conffile=asked["conf"], name=asked["name"], conf=options)
    cluster.connect(timeout=asked["within"])
    return cluster


def _ask(cluster: Any, command: dict[str, Any], within: float) -> list[Any]:
    code, text, said = cluster.mon_command(json.dumps({**command, "format": "json"}), b"", timeout=within)
    return [code, text.decode(errors="replace"), said]


if __name__ == "__main__":
    main()
