"""What records looked like in a released version, and what they must mean in every later one.

`tests/unit/records/VERSION/NAME.bin` is what that version wrote in etcd. A file that is there is never written again;
`python -m tests.unit.samples` adds those that are missing. A later version adds its own samples beside these.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from winslow.domain.node import Attachment, Node, NodePolicy, Reservation, Silence
from winslow.domain.notices import Noted
from winslow.domain.pipeline import (
    Confirmation,
    DefinitionName,
    Edge,
    LogParser,
    Network,
    Pipeline,
    PipelineId,
    PipelineRecord,
    RetryOn,
    RetryPolicy,
    StageDefinition,
    UserInput,
    WorkspaceMode,
)
from winslow.domain.project import Answer, Axis, Hold, Override, Project, Run, RunEnd, RunMode, Sweep, SweepId
from winslow.domain.records import Comment, Done, Globals, Kind, Limits, Record, VolumeIdentity
from winslow.domain.resources import Capacity, Gpu, GpuRequest, GpuVendor, Resources
from winslow.domain.retention import RetentionClock, RetentionPolicy
from winslow.domain.savedview import SavedView, ViewId
from winslow.domain.stage import (
    Abort,
    Cause,
    Layer,
    NodeId,
    Outcome,
    ProjectId,
    Reason,
    RunId,
    Stage,
    StageId,
    State,
    Variable,
    WorkspaceId,
)
from winslow.domain.subscription import Delivery, Notice, Occasion, Subscription, SubscriptionId
from winslow.wire.records import encode

FOLDER = Path(__file__).parent / "records"

DETECT, TRACK = DefinitionName("detect"), DefinitionName("track")
PROJECT, RUN, NODE = ProjectId("street-k3x9wq"), RunId("000002"), NodeId("node-a")
FIRST, SECOND = StageId("detect-000001-1-4fz8"), StageId("detect-000002-1-q7hd")
AT = 1_790_000_000.0

RESOURCES = Resources(
    cpus=2.5,
    memory=8 << 30,
    shared_memory=1 << 30,
    pids=512,
    gpus=GpuRequest(2, GpuVendor.NVIDIA, 16 << 30),
    tags=frozenset({"fast-disk", "rack-1"}),
)
DEFINITION = StageDefinition(
    name=DETECT,
    image="registry:5000/detect:4",
    description="finds cars",
    arguments=("detect", "--fast", ""),
    environment={"MODEL": "yolo", "EMPTY": ""},
    resources=RESOURCES,
    after=(Edge(TRACK, "results.tracks > 0"), Edge(DefinitionName("cut"))),
    timeout=7200.0,
    lost_after=600.0,
    retry=RetryPolicy(4, 5.0, 3.0, 60.0, frozenset({RetryOn.NODE_LOST, RetryOn.OUT_OF_MEMORY})),
    network=Network.BRIDGE,
    user="1000:1000",
    discardable=True,
    workspace=WorkspaceMode.CONTINUE,
    user_input=UserInput(("CAMERA",), Confirmation.ONCE),
    log_parsers=(LogParser("frames", r"frame (?P<frame>\d+)"),),
    log_limit=1 << 20,
    grace=30.0,
)
PIPELINE = Pipeline("traffic", (DEFINITION, StageDefinition(TRACK, "track:1")), "from video to counts", {"TZ": "UTC"})
OVERRIDE = Override({"MODEL": "ssd"}, ("detect", "--slow"), Resources(cpus=1.0), "detect:5")
INHERITED = {DETECT: FIRST}
WAITING = Stage(FIRST, PROJECT, RunId("000001"), StageDefinition(DETECT, "detect:4"), 1, AT, "ann")
ENDED = Stage(
    id=SECOND,
    project=PROJECT,
    run=RUN,
    definition=DEFINITION,
    attempt=2,
    created_at=AT,
    created_by="ann",
    parent=FIRST,
    joined={TRACK: StageId("track-000001-1-m2vt")},
    workspace=WorkspaceId(FIRST),
    environment=(Variable("MODEL", "yolo", Layer.STAGE), Variable("TZ", "UTC", Layer.PIPELINE)),
    state=State.FAILED,
    reason=Reason("OUT_OF_MEMORY", "it used more than 8 GiB"),
    not_before=AT + 5,
    node=NODE,
    gpus=("GPU-1", "GPU-2"),
    fence=4711,
    image_digest="sha256:ab12",
    placed_at=AT + 6,
    started_at=AT + 7,
    ended_at=AT + 100.25,
    progress=0.5,
    results={"frame": "250"},
    outcome=Outcome(137, Cause.OUT_OF_MEMORY, "it was killed by signal 9"),
    abort=Abort("bob", AT + 99),
    retry_of=FIRST,
    pinned=True,
    comment="again with less",
)

OF_0_1: dict[str, tuple[Kind, Record]] = {
    "pipeline": (Kind.PIPELINE, PipelineRecord(PipelineId("traffic"), 3, PIPELINE, "ann", AT)),
    "pipeline-version": (Kind.PIPELINE_VERSION, PipelineRecord(PipelineId("traffic"), 2, PIPELINE, "ann", AT)),
    "project": (
        Kind.PROJECT,
        Project(
            id=PROJECT,
            name="Street",
            pipeline=PIPELINE,
            author="ann",
            created_at=AT,
            suffix="k3x9wq",
            source=PipelineId("traffic"),
            source_version=3,
            tags=frozenset({"rain"}),
            participants=frozenset({"bob", "eve"}),
            description="the crossing",
            next_run=3,
            confirmed=frozenset({DETECT}),
            deleting=True,
            priority=7,
        ),
    ),
    "project-quota": (
        Kind.PROJECT,
        Project(PROJECT, "Street", Pipeline("traffic", ()), "ann", AT, "k3x9wq", quota=50 << 30),
    ),
    "project-plain": (Kind.PROJECT, Project(PROJECT, "Street", Pipeline("traffic", ()), "ann", AT, "k3x9wq")),
    "run": (
        Kind.RUN,
        Run(
            id=RUN,
            project=PROJECT,
            number=2,
            start=(DETECT,),
            created_at=AT,
            created_by="ann",
            mode=RunMode.ONE_STAGE,
            parent=FIRST,
            inherited=INHERITED,
            attempts={DETECT: (FIRST, SECOND)},
            only=frozenset({DETECT}),
            skipped=frozenset({TRACK}),
            again=frozenset({DETECT}),
            overrides={DETECT: OVERRIDE},
            answers={DETECT: Answer("bob", AT + 1, {"CAMERA": "north"})},
            hold=Hold(Reason("STAGE_FAILED", "detect failed"), "winslow", AT + 2, SECOND),
            sweep=SweepId("s-1"),
            end=RunEnd.FAILED,
            ended_at=AT + 3,
            comment="second try",
        ),
    ),
    "run-plain": (Kind.RUN, Run(RunId("000001"), PROJECT, 1, (DETECT,), AT, "ann")),
    "sweep": (
        Kind.SWEEP,
        Sweep(
            id=SweepId("s-1"),
            project=PROJECT,
            start=DETECT,
            axes=(Axis("MODEL", ("yolo", "ssd")), Axis("SIZE", ("1", "2"))),
            created_at=AT,
            created_by="ann",
            mode=RunMode.RUN_ON,
            keep_going=False,
            parent=FIRST,
            inherited=INHERITED,
            override=OVERRIDE,
            first_number=3,
            made=2,
            stopped=Reason("POINT_FAILED", "a point failed"),
            comment="which is best",
        ),
    ),
    "stage-waiting": (Kind.STAGE, WAITING),
    "stage-running": (
        Kind.STAGE,
        replace(WAITING, state=State.RUNNING, node=NODE, fence=12, placed_at=AT + 1, started_at=AT + 2, progress=0.0),
    ),
    "stage-ended": (Kind.STAGE, ENDED),
    "comment": (Kind.COMMENT, Comment(PROJECT, RUN, 4, "bob", AT, "too dark — look at 0:12")),
    "node": (
        Kind.NODE,
        Node(
            id=NODE,
            address="10.0.0.1:7411",
            capacity=Capacity(16.0, 64 << 30, 1 << 40, (Gpu("GPU-1", GpuVendor.NVIDIA, "A10", 24 << 30, "550.54"),)),
            tags=frozenset({"fast-disk"}),
            images=frozenset({"detect:4"}),
            version="0.1.0",
            boot_id="6e1b",
            incarnation="91af",
            registered_at=AT,
        ),
    ),
    "node-archives": (
        Kind.NODE,
        Node(NODE, "10.0.0.1:7411", Capacity(16.0, 64 << 30), archives=frozenset({"history.gz", "log.gz"})),
    ),
    "node-http": (Kind.NODE, Node(NODE, "10.0.0.1:7411", Capacity(16.0, 64 << 30), http=("127.0.0.1:7412",))),
    "node-policy": (Kind.NODE_POLICY, NodePolicy(NODE, True, AT + 3600, "new disk", 8)),
    "reservation": (Kind.RESERVATION, Reservation(NODE, 1, 2.5, 8 << 30, ("GPU-1", "GPU-2"))),
    "silence": (Kind.SILENCE, Silence(NODE, AT, 12.5)),
    "attachment": (Kind.ATTACHMENT, Attachment(NODE, ("828bf11d/4119/10.0.0.1:0/2699893154",))),
    "volume": (Kind.VOLUME, VolumeIdentity("6f2c1d0e")),
    "globals": (Kind.GLOBALS, Globals({"HTTP_PROXY": "", "TZ": "UTC"})),
    "limits": (Kind.LIMITS, Limits(10, 20, {"ann": 30}, {PROJECT: 5})),
    "project-dropping": (
        Kind.PROJECT,
        Project(PROJECT, "Street", Pipeline("traffic", ()), "ann", AT, "k3x9wq", dropping={FIRST: AT + 9.5}),
    ),
    "stage-dropped": (Kind.STAGE, replace(ENDED, pinned=False, workspace_dropped_at=AT + 200.5)),
    "retention": (Kind.RETENTION, RetentionPolicy(3, True, 30 * 86_400.0, True)),
    "retention-plain": (Kind.RETENTION, RetentionPolicy()),
    "retention-clock": (Kind.RETENTION_CLOCK, RetentionClock(AT + 0.25)),
    "view": (Kind.VIEW, SavedView(ViewId("k3x9wq"), "Broken", "state=FAILED&tag=north", "ann", AT, True)),
    "subscription": (
        Kind.SUBSCRIPTION,
        Subscription(
            id=SubscriptionId("k3x9wq"),
            author="ann",
            created_at=AT,
            occasions=frozenset(Occasion),
            url="https://chat.example.org/hook?key=1",
            secret="0123456789abcdef",
            project=PROJECT,
            tags=frozenset({"north"}),
            disabled=True,
        ),
    ),
    "delivery": (Kind.DELIVERY, Delivery(SubscriptionId("k3x9wq"), 4711, AT + 5, "it did not answer", 3, AT + 0.5)),
    "notice": (
        Kind.NOTICE,
        Notice(
            id="51b0c2",
            occasion=Occasion.AWAITING_INPUT,
            at=AT,
            text="Street: track waits for confirmation",
            project=PROJECT,
            project_name="Street",
            tags=frozenset({"north"}),
            run=RUN,
            definition=TRACK,
            stage=SECOND,
        ),
    ),
    "noted": (Kind.NOTED, Noted(PROJECT, frozenset({f"{RUN}/track/{SECOND}"}), 1, "ended/FAILED")),
    "noted-cluster": (
        Kind.NOTED,
        Noted("", nodes=frozenset({NODE, "node-b"}), lost=frozenset({"node-b"}), warnings={"# free": AT}),
    ),
    "request": (Kind.REQUEST, Done("f1n6e", f"projects/{PROJECT}")),
}
VERSIONS = {"0.1": OF_0_1}


def main() -> None:
    for version, samples in VERSIONS.items():
        (FOLDER / version).mkdir(parents=True, exist_ok=True)
        for name, (_, record) in samples.items():
            path = FOLDER / version / f"{name}.bin"
            if not path.exists():
                path.write_bytes(encode(record))


if __name__ == "__main__":
    main()
