"""Files in and out, through the daemon: whole, verified, gone on with after a cut."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.acceptance.story import Story
from tests.daemon import Daemon
from winslow.errors import AlreadyExists, FailedPrecondition, NotFound


def test_an_upload_is_seen_by_the_stage_and_its_output_is_downloaded(story: Story, tmp_path: Path) -> None:
    content = os.urandom(5_000_000)
    (tmp_path / "clip.bin").write_bytes(content)
    story.stages("sha256sum /input/clip.bin | cut -c1-64 > /output/sum")
    story.client.files.upload(tmp_path / "clip.bin", f"{story.project}/input/clip.bin")
    story.run()
    fetched = story.client.files.download(f"{story.project}/output/s1/sum", tmp_path / "sum")
    assert fetched.read_text().strip() == hashlib.sha256(content).hexdigest()


def test_an_upload_goes_on_where_it_was_cut_though_the_daemon_is_killed(
    own_daemon: Daemon, image: str, tmp_path: Path
) -> None:
    content = os.urandom(64 << 20)
    (tmp_path / "clip.bin").write_bytes(content)
    cuts = 0
    with own_daemon.client() as client:
        story = Story(client, image, "cut").stages("true")

        def progress(path: str, done: int, total: int) -> None:
            nonlocal cuts
            if cuts == 0 and done > len(content) // 2:
                cuts += 1
                own_daemon.kill()
                own_daemon.start(wait=False)

        client.files.upload(tmp_path / "clip.bin", f"{story.project}/input/clip.bin", progress=progress)
        assert cuts == 1
        assert client.files.digest(f"{story.project}/input/clip.bin") == hashlib.sha256(content).hexdigest()


def test_directories_are_listed_renamed_measured_and_deleted(story: Story, tmp_path: Path) -> None:
    story.stages("true")
    files, root = story.client.files, f"{story.project}/workspace"
    for name in ("b", "a", "c"):
        (tmp_path / name).write_bytes(b"x" * 10)
        files.upload(tmp_path / name, f"{root}/d/{name}")
    assert [entry.base_name for entry in files.list(f"{root}/d")] == ["a", "b", "c"]
    assert files.usage(f"{root}/d").size == 30
    files.move(f"{root}/d/a", f"{root}/d/z")
    with pytest.raises(AlreadyExists):
        files.move(f"{root}/d/b", f"{root}/d/z")
    with pytest.raises(FailedPrecondition):
        files.delete(f"{root}/d")
    files.delete(f"{root}/d", recursive=True)
    with pytest.raises(NotFound):
        files.stat(f"{root}/d")


def test_what_an_attempt_made_stays_as_it_is(story: Story) -> None:
    story.stages("echo x > /workspace/x")
    story.run()
    with pytest.raises(FailedPrecondition) as refused:
        story.client.files.delete(f"{story.stage('s1').name}/workspace/x")
    assert refused.value.reason == "POOL_READ_ONLY"


def test_a_range_of_a_file_is_read(story: Story, tmp_path: Path) -> None:
    story.stages("true")
    (tmp_path / "f").write_bytes(bytes(range(256)) * 1000)
    path = f"{story.project}/input/f"
    story.client.files.upload(tmp_path / "f", path)
    assert b"".join(story.client.files.read(path, offset=255_990, size=20)) == bytes(range(246, 256))
