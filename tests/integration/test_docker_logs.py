"""A stage's log through a real container; the launcher's own rules are tested in tests/unit/test_launcher_log.py."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.docker_world import DockerWorld
from winslowd.docker.underway import LaunchersWords

pytest_plugins = ("tests.docker_fixtures",)

LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (stdout|stderr|winslow) [FP] .*", re.DOTALL)


async def test_two_hundred_megabytes_are_capped_with_a_mark_and_results_still_pass(dock: DockerWorld) -> None:
    spec = dock.shell("yes 0123456789abcdef | head -n 12000000; echo WINSLOW_FRAMES=250", log_limit=1 << 20)
    assert (await dock.run(spec)).code == 0
    data = Path(spec.log).read_bytes()
    assert len(data) < (1 << 20) + 1000
    assert all(LINE.fullmatch(line) for line in data.splitlines())
    assert dock.lines(spec, "winslow") == [
        f"log capped at {1 << 20} bytes; what follows is dropped except WINSLOW_ lines"
    ]
    assert dock.lines(spec)[-1] == "WINSLOW_FRAMES=250"


async def test_two_hundred_megabytes_without_a_newline_are_capped_too(dock: DockerWorld) -> None:
    spec = dock.shell("head -c 200000000 /dev/zero; exit 2", log_limit=1 << 20)
    assert (await dock.run(spec)).code == 2
    data = Path(spec.log).read_bytes()
    assert 1_000_000 < len(data) < (1 << 20) + 1000
    pieces = data.split(b"\n")[:-1]
    assert all(LINE.fullmatch(piece) for piece in pieces)
    assert b" stdout P \0\0" in pieces[0]
    assert b" stdout F" in pieces[-2]
    assert b" winslow F log capped" in pieces[-1]


async def test_a_bar_and_a_prompt_are_seen_before_their_lines_end(dock: DockerWorld) -> None:
    script = 'printf "\\r10%%\\r20%%"; printf "Go on? " >&2; while [ ! -e go ]; do usleep 10000; done; printf "\\r30%%\\r40%%"'
    spec = dock.shell(script)
    stage = await dock.begin(spec)
    words = LaunchersWords(dock.root / "control")
    async with asyncio.timeout(60):
        while [line.split(b" ", 1)[1] for line in words.unfinished(stage).split(b"\n")[:-1]] != [
            b"stdout P 20%",
            b"stderr P Go on? ",
        ]:
            await asyncio.sleep(0.02)
    (dock.workspace(stage) / "go").touch()
    assert (await dock.driver.wait(stage)).code == 0
    assert words.unfinished(stage) == b""
    rows = [line.split(b" ", 3)[1:] for line in Path(spec.log).read_bytes().split(b"\n")[:-1]]
    assert b"".join(text for stream, _, text in rows if stream == b"stdout") == b"\r10%\r20%\r30%\r40%"
    assert [row for row in rows if row[0] == b"stderr"] == [[b"stderr", b"F", b"Go on? "]]
    assert rows[0] == [b"stdout", b"P", b"\r10%\r"]


async def test_the_engine_keeps_no_copy_of_the_log(dock: DockerWorld) -> None:
    spec = dock.shell("echo seen")
    await dock.run(spec)
    assert dock.client.inspect_container(spec.stage)["LogPath"] == ""
    assert dock.lines(spec) == ["seen"]
