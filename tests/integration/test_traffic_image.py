"""The example's stages in their real image, on the real clip, confined as Winslow confines them."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "traffic"
IMAGE = "winslow/traffic:1"
UID = 64642
FRAME_STEP = 2  # every other frame: half the time, and still five a second

DECODE = f"""
import json
import cv2
import numpy as np

PATH = "/output/annotated.webm"
MIDDLE = 250
source, film = cv2.VideoCapture("/input/vtest.avi"), cv2.VideoCapture(PATH, cv2.CAP_FFMPEG)
said = int(film.get(cv2.CAP_PROP_FRAME_COUNT))
frames, last_at, unlike = 0, 0, []
while (taken := film.read())[0]:
    image, last_at = taken[1], film.get(cv2.CAP_PROP_POS_MSEC) / 1000
    unlike.append(float(np.median(cv2.absdiff(image, source.read()[1]))))
    for _ in range({FRAME_STEP} - 1):
        source.grab()
    if frames == MIDDLE:
        middle = image
    frames += 1
film.set(cv2.CAP_PROP_POS_FRAMES, MIDDLE)
sought = film.read()[1]
packets, keys = cv2.VideoCapture(PATH, cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1]), 0
while packets.grab():
    keys += int(packets.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME))
print(json.dumps(dict(
    frames=frames, said=said, keys=keys, last_at=last_at, size=[image.shape[1], image.shape[0]],
    sought_is_played=bool(np.array_equal(sought, middle)), unlike=max(unlike),
)))
"""

pytestmark = pytest.mark.timeout(300)  # a first run fetches the clip and builds the image


@dataclass(frozen=True)
class Ran:
    code: int
    stdout: str
    stderr: str

    @property
    def results(self) -> dict[str, str]:
        return dict(re.findall(r"^WINSLOW_RESULT: (\w+)=(.*)$", self.stdout, re.MULTILINE))

    @property
    def percents(self) -> list[int]:
        return [int(line) for line in re.findall(r"^(\d+)%$", self.stdout, re.MULTILINE)]


@dataclass(frozen=True)
class Bench:
    """The directories of one project, as a stage sees them."""

    input: Path
    workspace: Path
    output: Path

    def run(self, stage: str, **environment: object) -> Ran:
        variables = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        return self._in_image(variables, stage)

    def look(self, script: str) -> Ran:
        """Runs Python in the image, where OpenCV is."""
        return self._in_image(["--entrypoint", "python3"], "-c", script)

    def start(self, stage: str) -> str:
        """Runs it in the background; the container's id."""
        command = self._command(["--detach", "--init"], stage)
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()

    def _in_image(self, options: list[str], *arguments: str) -> Ran:
        ended = subprocess.run(
            self._command(options, *arguments), capture_output=True, text=True, timeout=120, check=False
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def _command(self, options: list[str], *arguments: str) -> list[str]:
        confined = ["--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"]
        binds = [f"{self.input}:/input:ro", f"{self.workspace}:/workspace", f"{self.output}:/output"]
        mounts = [word for bind in binds for word in ("--volume", bind)]
        return ["docker", "run", "--rm", "--user", f"{UID}:{UID}", *confined, *mounts, *options, IMAGE, *arguments]


@pytest.fixture(scope="module")
def clip() -> Path:
    found = subprocess.run([EXAMPLE / "get-clip"], capture_output=True, text=True, timeout=180, check=False)
    assert found.returncode == 0, found.stderr
    return (EXAMPLE.parents[1] / found.stdout.strip()).parent


@pytest.fixture(scope="module")
def image() -> str:
    built = subprocess.run([EXAMPLE / "build-image"], capture_output=True, text=True, timeout=280, check=False)
    assert built.returncode == 0, built.stderr
    return IMAGE


def bench_in(root: Path, source: Path) -> Bench:
    """Directories that the stage's user may write to, whoever runs the tests."""
    bench = Bench(source, root / "workspace", root / "output")
    for folder in (bench.workspace, bench.output):
        folder.mkdir()
        folder.chmod(0o777)
    return bench


@pytest.fixture(scope="module")
def done(image: str, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dict[str, Ran]]:
    """All three stages, one after the other, on the whole clip."""
    bench = bench_in(tmp_path_factory.mktemp("traffic"), clip)
    ran = {"detect": bench.run("detect", FRAME_STEP=FRAME_STEP), "track": bench.run("track")}
    ran["analyse"] = bench.run("analyse", METRES_PER_PIXEL=0.025)
    for stage, what in ran.items():
        assert what.code == 0, f"{stage}: {what.stderr}"
    return bench, ran


def test_every_stage_says_how_far_it_is_up_to_the_end(done: tuple[Bench, dict[str, Ran]]) -> None:
    for ran in done[1].values():
        assert ran.percents == sorted(set(ran.percents)), "each percent is said once, in order"
        assert ran.percents[-1] == 100


def test_detect_finds_the_people_in_the_clip(done: tuple[Bench, dict[str, Ran]]) -> None:
    bench, ran = done
    with (bench.workspace / "detections.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == int(ran["detect"].results["detections"])
    # The frames looked at by eye show five to eight people, some of them so close together that they are one box.
    assert 3 <= len(rows) / (795 / FRAME_STEP) <= 8
    assert {int(row["frame"]) % FRAME_STEP for row in rows} == {0}
    assert all(float(row["x"]) + float(row["width"]) <= 768 + 2 for row in rows)


def test_track_follows_each_for_a_while(done: tuple[Bench, dict[str, Ran]]) -> None:
    bench, ran = done
    with (bench.workspace / "trajectories.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = {int(row["track"]) for row in rows}
    assert numbers == set(range(1, int(ran["track"].results["tracks"]) + 1))
    assert 15 <= len(numbers) <= 60
    assert float(ran["track"].results["longest_seconds"]) > 8


def test_analyse_leaves_what_people_can_open(done: tuple[Bench, dict[str, Ran]]) -> None:
    bench, ran = done
    stats = json.loads((bench.output / "stats.json").read_text())
    assert str(stats["tracks"]) == ran["track"].results["tracks"]
    assert len(stats["in_sight"]["by_second"]) == 80
    assert sum(stats["directions"].values()) == stats["tracks"]
    assert stats["speed_unit"] == "m/s"
    assert 0.5 < stats["speed"]["median"] < 2.5, "people walk"
    for picture in ("trajectories.png", "counts.png"):
        assert (bench.output / picture).read_bytes().startswith(b"\x89PNG")
    page = (bench.output / "index.html").read_text()
    named = set(re.findall(r'(?:src|href|poster)="([^"]+)"', page))
    assert named == {path.name for path in bench.output.iterdir()} - {"index.html"}
    assert "{{" not in page


def test_the_annotated_clip_plays_in_its_own_time_from_any_place(done: tuple[Bench, dict[str, Ran]]) -> None:
    bench, ran = done
    head = (bench.output / "annotated.webm").read_bytes()[:4096]
    assert b"webm" in head, "the kind of Matroska that every browser opens"
    assert b"V_VP8" in head, "a codec that every browser plays"
    seen = bench.look(DECODE)
    assert seen.code == 0, seen.stderr
    film = json.loads(seen.stdout)
    frames = math.ceil(795 / FRAME_STEP)
    assert film["frames"] == film["said"] == frames
    assert film["size"] == [768, 576]
    assert film["last_at"] == pytest.approx((frames - 1) * FRAME_STEP / 10, abs=0.05), (
        "the clip has ten frames a second"
    )
    assert film["keys"] >= frames // 20, "a player need not go far back to start in the middle"
    assert film["sought_is_played"], "what is sought is what is played there"
    assert film["unlike"] <= 4, "it is the clip, of 256 shades: what is drawn on it covers less than half"
    assert not list(bench.workspace.glob("tmp*")), "nothing is left of the way there"
    assert ran["analyse"].stderr == ""


def test_more_sensitivity_finds_more(done: tuple[Bench, dict[str, Ran]], clip: Path, tmp_path: Path) -> None:
    redone = bench_in(tmp_path, clip).run("detect", FRAME_STEP=FRAME_STEP, SENSITIVITY=75)
    assert int(redone.results["detections"]) > 1.15 * int(done[1]["detect"].results["detections"])


@pytest.mark.parametrize(
    ("stage", "environment", "says"),
    [
        ("detect", {}, "has no video"),
        ("detect", {"VIDEO": "missing.mp4"}, "VIDEO=missing.mp4 is not in the project's input"),
        ("detect", {"SENSITIVITY": "much"}, "SENSITIVITY='much' is not a number"),
        ("detect", {"SENSITIVITY": "101"}, "not between 0 and 100"),
        ("track", {}, "the detect stage comes first"),
        ("analyse", {}, "the detect stage comes first"),
    ],
)
def test_what_cannot_work_ends_with_a_sentence(
    image: str, tmp_path: Path, stage: str, environment: dict[str, str], says: str
) -> None:
    source = tmp_path / "input"
    source.mkdir()
    ran = bench_in(tmp_path, source).run(stage, **environment)
    assert ran.code == 1
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_is_no_video_is_named(image: str, tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.mkdir()
    (source / "notes.mp4").write_bytes(os.urandom(4096))
    ran = bench_in(tmp_path, source).run("detect")
    assert ran.code == 1
    assert "notes.mp4 cannot be read as a video" in ran.stderr


def test_an_aborted_analysis_leaves_no_half_film_behind(done: tuple[Bench, dict[str, Ran]], tmp_path: Path) -> None:
    bench = bench_in(tmp_path, done[0].input)
    shutil.copytree(done[0].workspace, bench.workspace, dirs_exist_ok=True)
    before = sorted(path.name for path in bench.workspace.iterdir())
    container = bench.start("analyse")
    with subprocess.Popen(["docker", "logs", "--follow", container], stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        assert any(re.fullmatch(r"(5|10)%\n", line) for line in following.stdout), "it never began the film"
        subprocess.run(["docker", "kill", "--signal", "TERM", container], check=True, capture_output=True)
        following.communicate(timeout=30)
    assert sorted(path.name for path in bench.workspace.iterdir()) == before
    assert not (bench.output / "annotated.webm").exists()
