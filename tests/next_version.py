"""A version of Winslow that does not exist yet: a copy of this tree with another number, and something new in its records.

Where this version writes a record or a definition, the next one adds `NEW` in a field that this one does not know.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.daemon import ROOT

VERSION = "99.0.0"
NEW = "only 99.0 knows this"
PACKAGES = ("winslow", "winslowd", "winslowctl", "storage", "proto")


def make(folder: Path) -> Path:
    """The source tree of the next version, in `folder`, with stubs of its own."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    _edit(folder / "winslow/__init__.py", _version_line(), f'__version__ = "{VERSION}"')
    for name in ("project", "stage", "pipeline"):
        message = {"pipeline": "StageDefinition"}.get(name, name.capitalize())
        _edit(
            folder / f"proto/winslow/v1/{name}.proto",
            f"message {message} {{\n",
            "  string new_in_99 = 999;\n",
            after=True,
        )
        made = "    message = pb.Project(\n" if name == "project" else f"    return pb.{message}(\n"
        _edit(folder / f"winslow/wire/{name}.py", made, f"        new_in_99={NEW!r},\n", after=True)
    stubs = sorted(str(path.relative_to(folder)) for path in (folder / "proto").rglob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", "-Iproto", "--python_out=.", "--pyi_out=.", *stubs]
    subprocess.run(command, cwd=folder, check=True)
    return folder


def _version_line() -> str:
    lines = (ROOT / "winslow/__init__.py").read_text().splitlines()
    return next(line for line in lines if line.startswith("__version__ = "))


def _edit(path: Path, there: str, new: str, *, after: bool = False) -> None:
    """Put `new` in the place of what is there, or after it."""
    text = path.read_text()
    assert text.count(there) == 1, f"{path} has {text.count(there)} of {there!r}"
    path.write_text(text.replace(there, there + new if after else new))
