"""Asks Ceph's monitors, in a child that is killed when its time is over.

librados hangs when the monitors are away, and a thread that hangs in it cannot be ended; so nothing of it is ever in the
daemon (ADR 24). Where the distribution's binding does not load, the `ceph` tool is the child. What is asked, and what the
answers mean, it never needs to know.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import sysconfig
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from winslow.errors import FailedPrecondition, PermissionDenied, Unavailable, WinslowError

CHILD = Path(__file__).with_name("child.py")
BINDING = f"/usr/lib/python3/dist-packages/rados{sysconfig.get_config_var('EXT_SUFFIX')}"
WITHIN = 8.0
"""Seconds that the monitors have for all that is asked at once."""
MORE = 2.0
"""Seconds after that until the child is killed: so long librados may take to say that it had no answer."""
AT_ONCE = 4
"""Children at the same time: one is some 30 MiB."""
_DENIED = frozenset({1, 13, 95})
"""EPERM, EACCES, EOPNOTSUPP: what monitors say to a wrong key, and the client to none."""
_MISSING = 2
_NEVER_ASKED = 1
"""How the tool ends when it reaches no monitors, for whatever reason: that is in its complaint. Else it ends with theirs."""

Command = Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class Key:
    """Who we are to the monitors: `name` is client.N; `keyring` None is wherever Ceph's configuration says."""

    name: str
    keyring: Path | None = None


class Monitors:
    """Those of the cluster that the configuration `conf` names. `binding` is librados' for this Python; it may be missing."""

    def __init__(self, conf: Path, key: Key, *, binding: str = BINDING, within: float = WITHIN) -> None:
        self._conf = conf
        self._key = key
        self._within = within
        self._binding = binding if Path(binding).exists() else ""
        self._room = asyncio.Semaphore(AT_ONCE)

    async def ask(self, *commands: Command, fsid: str = "") -> list[str]:
        """What the monitors answer to each, as JSON. The first that is refused ends it; nothing after it was asked.

        With `fsid` only if they are that cluster's. Raises Unavailable (CEPH_UNAVAILABLE), PermissionDenied
        (CEPH_FORBIDDEN), FailedPrecondition (CEPH_REFUSED, CEPH_UNUSABLE, CLIENT_ELSEWHERE).
        """
        async with self._room:
            if self._binding:
                answers = await self._through_librados(commands, fsid)
                if answers is not None:
                    return answers
                self._binding = ""
            return await self._through_the_tool(commands, fsid)

    async def _through_librados(self, commands: Sequence[Command], fsid: str) -> list[str] | None:
        """None where the binding does not load."""
        asked = {
            "binding": self._binding,
            "conf": str(self._conf),
            "name": self._key.name,
            "keyring": str(self._key.keyring) if self._key.keyring else None,
            "within": self._within,
            "fsid": fsid,
            "commands": commands,
        }
        code, said, wrong = await self._run([sys.executable, "-I", "-S", str(CHILD)], json.dumps(asked).encode())
        try:
            answer: dict[str, Any] = json.loads(said)
        except ValueError:
            raise self._failed(code, wrong) from None
        match answer:
            case {"no_binding": _}:
                return None
            case {"elsewhere": str(other)}:
                raise _elsewhere(fsid, other)
            case {"failed": [int(number), str(text)]}:
                raise self._failed(number, text)
            case {"answers": list(answers)}:
                return [self._answered(command, *one) for command, one in zip(commands, answers, strict=True)]
            case _:
                raise self._failed(0, f"the child said {said[:200]!r}")

    async def _through_the_tool(self, commands: Sequence[Command], fsid: str) -> list[str]:
        if shutil.which("ceph") is None:
            raise FailedPrecondition(
                "Ceph cannot be asked: neither librados' binding nor the tool is there",
                reason="CEPH_UNUSABLE",
                subject=str(self._conf),
                hint="Install python3-rados of the system's Python, or ceph-common",
            )
        known = [*commands]
        if fsid:
            (found,) = await self._each([{"prefix": "fsid"}])
            if (other := json.loads(found)["fsid"]) != fsid:
                raise _elsewhere(fsid, other)
        return await self._each(known)

    async def _each(self, commands: Sequence[Command]) -> list[str]:
        answers = []
        for command in commands:
            words = [word for value in command.values() for word in str(value).split(" ")]
            code, said, wrong = await self._run([*self._tool(), *words], b"")
            if code == _NEVER_ASKED:
                raise self._failed(_number_in(wrong), wrong)
            answers.append(self._answered(command, code, said.decode(errors="replace"), wrong))
        return answers

    def _tool(self) -> list[str]:
        keyring = [f"--keyring={self._key.keyring}"] if self._key.keyring else []
        within = max(1, int(self._within))
        options = ["--admin-socket=", "--log-file=", f"--connect-timeout={within}", "-f", "json"]
        return ["ceph", "-c", str(self._conf), "-n", self._key.name, *keyring, *options]

    async def _run(self, words: Sequence[str], given: bytes) -> tuple[int, bytes, str]:
        """The code, output and complaints of a child. Raises Unavailable (CEPH_UNAVAILABLE) when it had to be killed."""
        try:
            child = await asyncio.create_subprocess_exec(
                *words, stdin=PIPE if given else DEVNULL, stdout=PIPE, stderr=PIPE, start_new_session=True
            )
        except OSError as error:
            raise self._failed(0, f"no process could be started: {error.strerror}") from None
        try:
            async with asyncio.timeout(self._within + MORE):
                said, wrong = await child.communicate(given or None)
        except TimeoutError:
            raise self._late() from None
        finally:
            if child.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                await child.wait()  # killed: it touches no mount, so nothing keeps it
        return child.returncode or 0, said, wrong.decode(errors="replace").strip()[-500:]

    def _answered(self, command: Command, code: int, text: str, said: str) -> str:
        if code == 0:
            return text
        what = " ".join(str(value) for value in command.values())
        if abs(code) in _DENIED:
            raise PermissionDenied(
                f"The key {self._key.name} may not do `{what}`: {said or 'access denied'}",
                reason="CEPH_FORBIDDEN",
                subject=self._key.name,
                hint="docs/ceph.md has the line that makes the key",
            )
        raise FailedPrecondition(
            f"The monitors refuse `{what}` ({code}): {said}",
            reason="CEPH_REFUSED",
            subject=self._key.name,
            hint="Ask them with the same words: ceph " + what,
        )

    def _failed(self, number: int, text: str) -> WinslowError:
        if abs(number) in _DENIED:
            return PermissionDenied(
                f"The monitors refuse the key of {self._key.name}: {text}",
                reason="CEPH_FORBIDDEN",
                subject=self._key.name,
                hint="Look at `ceph auth get` of it and at its keyring on this node; docs/ceph.md has the line that makes it",
            )
        if abs(number) == _MISSING:
            return FailedPrecondition(
                f"Ceph cannot be asked as {self._key.name}: {self._conf} or its keyring is not there ({text})",
                reason="CEPH_UNUSABLE",
                subject=str(self._conf),
                hint="Look at the settings ceph.conf and those of the keyrings",
            )
        return Unavailable(
            f"Ceph's monitors do not answer: {text or number}",
            reason="CEPH_UNAVAILABLE",
            subject=str(self._conf),
            hint="Look at them with: ceph -s",
        )

    def _late(self) -> Unavailable:
        return Unavailable(
            f"Ceph's monitors did not answer within {self._within + MORE:g} s",
            reason="CEPH_UNAVAILABLE",
            subject=str(self._conf),
            hint="Look at them with: ceph -s",
        )


def _number_in(complaint: str) -> int:
    """The errno that librados' errors tell; of several the last."""
    found = re.findall(r"\[errno (\d+)\]", complaint)
    return int(found[-1]) if found else 0


def _elsewhere(meant: str, found: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"The client is one of the Ceph cluster {meant}, and the settings lead to {found}",
        reason="CLIENT_ELSEWHERE",
        subject=meant,
        hint="Let ceph.conf name the cluster on which the volume is",
    )
