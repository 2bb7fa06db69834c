"""`winslowctl stage compare`: what differs between two attempts, side by side."""

from __future__ import annotations

import json

from tests.fakes.api import FakeApi
from tests.unit.cli import Ctl, api, ctl  # noqa: F401 - fixtures
from winslow.v1.file_pb2 import File
from winslow.v1.stage_pb2 import Stage
from winslow.v1.stage_service_pb2 import CompareStagesResponse, ListStagesResponse

OLD, NEW = "projects/bikes-abc/stages/detect-1-1-abc", "projects/bikes-abc/stages/detect-2-1-abc"
Difference = CompareStagesResponse.Difference
FileDifference = CompareStagesResponse.FileDifference


def answering(api: FakeApi, *pages: CompareStagesResponse) -> None:  # noqa: F811
    api.on("StageService/GetStage", lambda request: Stage(name=f"projects/bikes-abc/{request.name.split('/', 2)[2]}"))
    api.on("StageService/ListStages", ListStagesResponse(stages=[Stage(name=OLD), Stage(name=NEW)]))
    rest = iter(pages)
    api.on("StageService/CompareStages", lambda request: next(rest))


def compared(ctl: Ctl, *options: str) -> str:  # noqa: F811
    said = ctl("stage", "compare", "detect-1-1-abc", "detect-2-1-abc", *options)
    assert said.code == 0, said.err
    return said.out


FIRST = CompareStagesResponse(
    environment=[Difference(key="S", before="1", after="2")],
    files=[
        FileDifference(path="output/new", after=File(size=2048, sha256="ab" * 32)),
        FileDifference(path="workspace/old", before=File(size=1024)),
    ],
    next_page_token="more",
)
SECOND = CompareStagesResponse(
    files=[
        FileDifference(path="workspace/text", before=File(size=3, sha256="c" * 64), after=File(size=3, sha256="d" * 64))
    ]
)


def test_files_are_told_as_added_removed_and_changed_with_sizes_and_hashes(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    answering(api, FIRST, SECOND)
    lines = {line.split()[0]: line.split()[1:] for line in compared(ctl).splitlines() if line}
    assert lines["S"] == ["1", "2"]
    assert lines["output/new"] == ["added", "-", "2.0", "KiB", "abababababab"]
    assert lines["workspace/old"] == ["removed", "1.0", "KiB", "-"]
    assert lines["workspace/text"] == ["changed", "3", "B", "cccccccccccc", "3", "B", "dddddddddddd"]
    assert lines["1"] == ["added,", "1", "removed,", "1", "changed;", "1.0", "KiB", "more", "in", "all"]
    assert [one.page_token for one in api.requests("StageService/CompareStages")] == ["", "more"]


def test_it_is_said_when_nothing_differs_and_when_nobody_can_tell(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    answering(api, CompareStagesResponse(), CompareStagesResponse(unknown=[OLD]))
    assert compared(ctl).strip() == "Nothing differs."
    assert "the workspace of detect-1-1-abc held cannot be told any more" in compared(ctl)


def test_programs_get_all_files_with_whole_hashes(api: FakeApi, ctl: Ctl) -> None:  # noqa: F811
    answering(api, FIRST, SECOND)
    told = json.loads(compared(ctl, "-o", "json"))
    assert [one["path"] for one in told["files"]] == ["output/new", "workspace/old", "workspace/text"]
    assert told["files"][2]["after"]["sha256"] == "d" * 64
