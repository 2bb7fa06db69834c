"""How the launcher's binary is found and built, and how it runs a process, as far as that needs no container."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.launched import Launched
from winslow.errors import FailedPrecondition
from winslowd.docker import launcher
from winslowd.docker.launcher import find_launcher

pytest_plugins = ("tests.launched_fixtures",)


def test_a_binary_is_built_once_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = find_launcher(tmp_path)
    monkeypatch.setattr(launcher, "COMPILERS", ())
    assert find_launcher(tmp_path) == built
    assert list(tmp_path.iterdir()) == [built]
    assert os.access(built, os.X_OK)


def test_builders_at_once_end_with_one_whole_binary(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(find_launcher, [tmp_path] * 2))) == 1
    assert subprocess.run([next(tmp_path.iterdir())], check=False).returncode == 125


def test_without_a_compiler_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "COMPILERS", ("no-such-compiler",))
    with pytest.raises(FailedPrecondition, match="no-such-compiler") as missing:
        find_launcher(tmp_path)
    assert missing.value.reason == "LAUNCHER_MISSING"
    assert "gcc" in missing.value.hint


def test_a_failing_compiler_is_quoted_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    fake = tmp_path / "cc"
    fake.write_text("#!/bin/sh\necho cannot find -lc >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(launcher, "COMPILERS", (str(fake),))
    with pytest.raises(FailedPrecondition, match="cannot find -lc"):
        find_launcher(cache)
    assert list(cache.iterdir()) == []


def test_another_source_is_another_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = launcher.binary_name()
    copies = [Path(shutil.copy(source, tmp_path)) for source in launcher.SOURCES]
    copies[1].write_text(copies[1].read_text() + "/* changed */\n")
    monkeypatch.setattr(launcher, "SOURCES", tuple(copies))
    assert launcher.binary_name() != before


def test_the_binary_needs_nothing_of_an_image(launched: Launched) -> None:
    seen = subprocess.run(["ldd", launched.binary], capture_output=True, text=True, check=False)
    assert "not a dynamic executable" in seen.stderr + seen.stdout or "statically linked" in seen.stdout


def test_a_second_launch_is_refused(launched: Launched) -> None:
    assert launched.shell("echo ran").returncode == 0
    assert launched.shell("echo ran").returncode == 125
    assert launched.texts() == ["ran"]
    assert (launched.control / "record" / "refused").read_text() == "it was launched before\n"
    assert launched.record()["code"] == "0"


def test_without_a_place_for_records_nothing_is_launched(launched: Launched) -> None:
    (launched.control / "record").rmdir()
    assert launched.shell("echo ran").returncode == 125
    assert launched.log.read_bytes() == b""


@pytest.mark.parametrize("wrong", [[], ["--limit", "5"], ["--limit", "5", "--"], ["--what", "--", "true"]])
def test_wrong_arguments_launch_nothing(launched: Launched, wrong: list[str]) -> None:
    assert subprocess.run([launched.binary, *wrong], check=False).returncode == 125


def test_exit_codes_and_signals_are_told_apart(launched: Launched) -> None:
    assert launched.shell("exit 137").returncode == 137
    assert (launched.record()["code"], launched.record()["signal"]) == ("137", "0")
    launched.forget()
    assert launched.shell("kill -9 $$").returncode == 137
    assert (launched.record()["code"], launched.record()["signal"]) == ("0", "9")


def test_the_process_begins_with_default_signals_no_input_and_a_session_of_its_own(launched: Launched) -> None:
    done = launched.run(
        "sh",
        "-c",
        "grep -E '^Sig(Blk|Ign)' /proc/self/status; cat; cut -d' ' -f5,6 /proc/$$/stat; echo $$; ls /proc/self/fd",
    )
    assert done.returncode == 0
    texts = launched.texts()
    assert [line.split("\t")[1].strip("0") for line in texts[:2]] == ["", ""]
    assert texts[2] == f"{texts[3]} {texts[3]}"
    assert texts[4:] == ["0", "1", "2", "3"]  # 3 is the directory that ls reads


def test_signals_reach_the_whole_group(launched: Launched) -> None:
    inner = "trap 'echo inner; exit' USR1; echo up; while :; do sleep 0.01; done"
    outer = f'trap "wait; echo outer; exit 4" USR1; sh -c "{inner}" & wait; wait'
    process = launched.begin("sh", "-c", outer)
    launched.await_text("up")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(10) == 4
    assert [text for stream, _, text in launched.rows() if stream == "stdout"] == [b"up", b"inner", b"outer"]


def test_a_survivor_that_keeps_the_output_open_is_not_waited_for_long(launched: Launched) -> None:
    begun = time.monotonic()
    assert launched.shell("trap '' HUP TERM; sleep 60 & echo main").returncode == 0
    assert time.monotonic() - begun < 10
    assert launched.texts() == ["main"]


def test_held_it_launches_when_released_and_not_before(launched: Launched) -> None:
    process = launched.begin("echo", "ran", hold=True)
    launched.await_up()
    time.sleep(0.05)
    assert launched.log.read_bytes() == b""
    assert not (launched.control / "record" / "started").exists()
    with (launched.control / "go").open("wb") as go:
        go.write(b"\n")
    assert process.wait(10) == 0
    assert launched.texts() == ["ran"]


def test_released_before_it_came_up_it_launches_at_once(launched: Launched) -> None:
    (launched.control / "released").touch()
    assert launched.run("echo", "ran", hold=True).returncode == 0


def test_terminated_while_held_it_never_launches(launched: Launched) -> None:
    process = launched.begin("echo", "ran", hold=True)
    launched.await_up()
    process.terminate()
    assert process.wait(10) == 143
    assert launched.log.read_bytes() == b""
    assert launched.record()["launched"] == "0"
    (launched.control / "released").touch()
    assert launched.run("echo", "ran", hold=True).returncode == 125


def test_the_fifo_hangs_up_when_the_launcher_is_killed(launched: Launched) -> None:
    process = launched.begin("sh", "-c", "echo up; exec sleep 60")
    done = os.open(launched.control / "done", os.O_RDONLY | os.O_NONBLOCK)
    launched.await_text("up")
    with pytest.raises(BlockingIOError):
        os.read(done, 1)
    process.kill()
    process.wait(10)
    assert os.read(done, 1) == b""
    os.close(done)
    os.killpg(launched.main_process(), signal.SIGKILL)
