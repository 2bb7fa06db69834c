"""The API over a real gRPC server on a unix socket; behind it real use cases, a real volume, a store in memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.unit import world
from tests.unit.little import Little
from winslow.domain import lifecycle
from winslow.domain.pipeline import Confirmation, UserInput
from winslow.domain.principal import Principal
from winslow.domain.reading import OfNode, Reading
from winslow.domain.stage import NodeId
from winslow.errors import FailedPrecondition, PermissionDenied, WinslowError
from winslow.ports import Storage
from winslow.v1 import (
    cluster_pb2,
    cluster_service_pb2,
    cluster_service_pb2_grpc,
    election_service_pb2,
    election_service_pb2_grpc,
    event_pb2,
    event_service_pb2,
    event_service_pb2_grpc,
    file_service_pb2,
    file_service_pb2_grpc,
    identity_pb2,
    identity_service_pb2,
    identity_service_pb2_grpc,
    log_service_pb2,
    log_service_pb2_grpc,
    node_service_pb2,
    node_service_pb2_grpc,
    pipeline_pb2,
    pipeline_service_pb2,
    pipeline_service_pb2_grpc,
    project_pb2,
    project_service_pb2,
    project_service_pb2_grpc,
    run_pb2,
    run_service_pb2,
    run_service_pb2_grpc,
    settings_service_pb2,
    settings_service_pb2_grpc,
    stage_pb2,
    stage_service_pb2,
    stage_service_pb2_grpc,
    sweep_pb2,
)
from winslow.wire.pipeline import spec_to_proto
from winslow.wire.status import from_rpc_error
from winslowd.api.server import Server

PIPELINE = world.pipeline(
    world.definition("detect", environment={"S": "1"}),
    world.definition("track", "detect", user_input=UserInput(confirmation=Confirmation.ALWAYS)),
)


def authenticate(metadata) -> Principal:
    if metadata.get("x-user") == "mallory":
        raise PermissionDenied("Mallory may not", reason="NOT_ALLOWED", hint="Ask somebody")
    return Principal(metadata.get("x-user", "ann"))


class Api:
    """A channel to the server, with a stub for each service; `little` is what is behind it."""

    def __init__(self, channel: grpc.aio.Channel, little: Little) -> None:
        self.channel = channel
        self.little = little
        self.clusters = cluster_service_pb2_grpc.ClusterServiceStub(channel)
        self.elections = election_service_pb2_grpc.ElectionServiceStub(channel)
        self.identity = identity_service_pb2_grpc.IdentityServiceStub(channel)
        self.events = event_service_pb2_grpc.EventServiceStub(channel)
        self.files = file_service_pb2_grpc.FileServiceStub(channel)
        self.logs = log_service_pb2_grpc.LogServiceStub(channel)
        self.nodes = node_service_pb2_grpc.NodeServiceStub(channel)
        self.pipelines = pipeline_service_pb2_grpc.PipelineServiceStub(channel)
        self.projects = project_service_pb2_grpc.ProjectServiceStub(channel)
        self.runs = run_service_pb2_grpc.RunServiceStub(channel)
        self.settings = settings_service_pb2_grpc.SettingsServiceStub(channel)
        self.stages = stage_service_pb2_grpc.StageServiceStub(channel)

    async def project(self, pipeline=PIPELINE) -> project_pb2.Project:
        return await self.projects.CreateProject(
            project_service_pb2.CreateProjectRequest(
                project=project_pb2.Project(display_name="Street", pipeline=spec_to_proto(pipeline))
            )
        )

    async def start(self, project: project_pb2.Project, **ask) -> run_pb2.Run:
        return await self.runs.StartRun(run_service_pb2.StartRunRequest(project=project.name, **ask))


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    socket = f"unix:{tmp_path / 'api.sock'}"
    async with (
        Little.led(tmp_path / "volume") as little,
        Server(little.use_cases, authenticate).listening([socket]),
        grpc.aio.insecure_channel(socket) as channel,
    ):
        yield Api(channel, little)


async def refused(call) -> WinslowError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value)


class TestLists:
    async def test_a_list_says_where_to_watch_on_from_and_may_leave_out_what_is_large(self, api: Api) -> None:
        made = await api.project()
        page = await api.projects.ListProjects(project_service_pb2.ListProjectsRequest(brief=True))
        assert [(one.name, one.HasField("pipeline")) for one in page.projects] == [(made.name, False)]
        await api.start(made)
        watch = api.events.Watch(event_service_pb2.WatchRequest(revision=page.revision, brief=True))
        async with asyncio.timeout(10):
            async for answer in watch:
                told = [change.project for change in answer.changes if change.HasField("project")]
                if told:
                    break
        watch.cancel()
        assert [(one.name, one.HasField("pipeline")) for one in told] == [(made.name, False)]


class TestCalls:
    async def test_health_and_reflection_are_served(self, api: Api) -> None:
        health = health_pb2_grpc.HealthStub(api.channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        stub = reflection_pb2_grpc.ServerReflectionStub(api.channel)
        call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        services = [one.name async for message in call for one in message.list_services_response.service]
        assert {"winslow.v1.RunService", "winslow.v1.ClusterService", "grpc.health.v1.Health"} <= set(services)

    async def test_an_error_arrives_whole(self, api: Api) -> None:
        error = await refused(api.projects.GetProject(project_service_pb2.GetProjectRequest(name="projects/nope")))
        assert (error.code.name, error.reason, error.subject) == ("NOT_FOUND", "PROJECT_UNKNOWN", "projects/nope")
        assert "winslowctl project list" in error.hint

    async def test_a_name_that_is_none_is_refused(self, api: Api) -> None:
        error = await refused(api.projects.GetProject(project_service_pb2.GetProjectRequest(name="nope")))
        assert error.reason == "RESOURCE_NAME_INVALID"

    async def test_a_method_of_later_says_that_it_is_not_there_yet(self, api: Api) -> None:
        error = await refused(api.identity.LogIn(identity_service_pb2.LogInRequest()))
        assert (error.code.name, error.reason) == ("UNIMPLEMENTED", "NOT_YET")

    async def test_a_stream_that_is_refused_says_why(self, api: Api) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in api.files.ArchiveFiles(file_service_pb2.ArchiveFilesRequest()):
                pass
        assert from_rpc_error(caught.value).reason == "ARCHIVE_INVALID"

    async def test_a_fault_of_ours_is_told_without_its_inside(self, api: Api, capsys) -> None:
        api.little.volume.failing["files.stat"] = RuntimeError("secret")  # type: ignore[assignment]
        error = await refused(api.files.StatFile(file_service_pb2.StatFileRequest(path="resources/x")))
        assert (error.code.name, error.reason) == ("INTERNAL", "INTERNAL")
        assert "secret" not in str(error)
        assert error.metadata["trace"] in capsys.readouterr().out

    async def test_who_asks_is_recorded_and_who_may_not_is_refused(self, api: Api) -> None:
        request = project_service_pb2.CreateProjectRequest(
            project=project_pb2.Project(display_name="S", pipeline=spec_to_proto(PIPELINE))
        )
        made = await api.projects.CreateProject(request, metadata=(("x-user", "bob"),))
        assert made.author == "bob"
        error = await refused(api.projects.CreateProject(request, metadata=(("x-user", "mallory"),)))
        assert (error.code.name, error.reason) == ("PERMISSION_DENIED", "NOT_ALLOWED")

    async def test_the_same_request_id_for_another_request_is_refused(self, api: Api) -> None:
        project = await api.project()
        tag = project_service_pb2.TagProjectRequest(request_id="1", name=project.name, add_tags=["a"])
        first = await api.projects.TagProject(tag)
        assert (await api.projects.TagProject(tag)).revision == first.revision
        tag.add_tags.append("b")
        error = await refused(api.projects.TagProject(tag))
        assert (error.code.name, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")

    async def test_a_request_id_has_a_limit(self, api: Api) -> None:
        project = await api.project()
        tag = project_service_pb2.TagProjectRequest(request_id="x" * 129, name=project.name)
        assert (await refused(api.projects.TagProject(tag))).reason == "REQUEST_ID_INVALID"

    async def test_an_address_in_use_is_refused(self, api: Api) -> None:
        server = Server(api.little.use_cases, authenticate)
        async with server.listening(["127.0.0.1:0"]) as (address,):
            assert not address.endswith(":0")
            with pytest.raises(FailedPrecondition) as caught:
                async with server.listening([address]):
                    pass
            assert caught.value.reason == "ADDRESS_UNUSABLE"

    async def test_the_socket_is_its_owners_alone(self, api: Api, tmp_path: Path) -> None:
        assert (tmp_path / "api.sock").stat().st_mode & 0o777 == 0o600


class TestTheMainPath:
    async def test_a_run_stops_for_a_person_and_is_confirmed_and_redone(self, api: Api) -> None:
        project = await api.project()
        assert project.state == project_pb2.PROJECT_STATE_IDLE
        run = await api.start(project)
        assert (run.name, run.author) == (f"{project.name}/runs/000001", "ann")
        detect = await api.little.end("detect", results={"objects": "7"})

        await api.little.until(lambda: api.little.shown(detect.project).gates)
        now = await api.projects.GetProject(project_service_pb2.GetProjectRequest(name=project.name))
        assert now.state == project_pb2.PROJECT_STATE_AWAITING_INPUT
        assert now.gates[0].definition == "track"
        assert now.gates[0].parent == f"{project.name}/stages/{detect.id}"

        answer = run_service_pb2.AnswerGateRequest(name=run.name, override=run_pb2.Override(environment={"GAP": "3"}))
        answered = await api.runs.AnswerGate(answer)
        assert answered.answers["track"].by == "ann"
        await api.little.end("track")
        await api.little.until(lambda: not api.little.run(detect.project).active)

        redo = await api.start(
            project,
            redo=f"{project.name}/stages/{detect.id}",
            overrides={"detect": run_pb2.Override(environment={"S": "2"})},
        )
        assert redo.number == 2
        again = await api.little.end("detect", results={"objects": "9"})
        compared = await api.stages.CompareStages(
            stage_service_pb2.CompareStagesRequest(
                before=f"projects/-/stages/{detect.id}", after=f"projects/-/stages/{again.id}"
            )
        )
        assert [(one.key, one.before, one.after) for one in compared.results] == [("objects", "7", "9")]
        assert [(one.key, one.before, one.after) for one in compared.environment] == [("S", "1", "2")]

    async def test_runs_and_stages_are_listed_and_explained(self, api: Api) -> None:
        project = await api.project()
        run = await api.start(project)
        stage = await api.little.start("detect")
        runs = await api.runs.ListRuns(run_service_pb2.ListRunsRequest(parent=project.name))
        assert [(one.name, one.state) for one in runs.runs] == [(run.name, run_pb2.RUN_STATE_RUNNING)]
        stages = await api.stages.ListStages(
            stage_service_pb2.ListStagesRequest(parent="projects/-", filter="state=RUNNING")
        )
        assert [one.name for one in stages.stages] == [f"{project.name}/stages/{stage.id}"]
        found = await api.stages.GetStage(stage_service_pb2.GetStageRequest(name=f"projects/-/stages/{stage.id}"))
        assert found.state == stage_pb2.STAGE_STATE_RUNNING
        why = await api.stages.ExplainStage(stage_service_pb2.ExplainStageRequest(name=found.name))
        assert why.reason.text == "it is running on node-1"

    async def test_pause_resume_and_abort_take_a_dash_for_all(self, api: Api) -> None:
        project = await api.project()
        await api.start(project)
        stage = await api.little.start("detect")
        everything = f"{project.name}/runs/-"
        paused = await api.runs.PauseRun(run_service_pb2.PauseRunRequest(name=everything, comment="wait"))
        assert paused.state == run_pb2.RUN_STATE_PAUSING
        resumed = await api.runs.ResumeRun(run_service_pb2.ResumeRunRequest(name=everything))
        assert resumed.state == run_pb2.RUN_STATE_RUNNING
        error = await refused(api.runs.ResumeRun(run_service_pb2.ResumeRunRequest(name=everything)))
        assert error.reason == "RUN_NOT_PAUSED"
        aborted = await api.stages.AbortStage(stage_service_pb2.AbortStageRequest(name=f"{project.name}/stages/-"))
        assert (aborted.name, aborted.abort.by) == (f"{project.name}/stages/{stage.id}", "ann")

    async def test_a_wrong_revision_is_aborted_with_its_reason(self, api: Api) -> None:
        project = await api.project()
        run = await api.start(project)
        await api.little.start("detect")
        error = await refused(
            api.runs.PauseRun(run_service_pb2.PauseRunRequest(name=run.name, expected_revision=run.revision))
        )
        assert (error.code.name, error.reason) == ("ABORTED", "REVISION_MISMATCH")

    async def test_updates_follow_their_mask(self, api: Api) -> None:
        project = await api.project()
        change = project_pb2.Project(name=project.name, display_name="Lane", description="long")
        update = project_service_pb2.UpdateProjectRequest(project=change)
        update.update_mask.paths.append("description")
        changed = await api.projects.UpdateProject(update)
        assert (changed.display_name, changed.description) == ("Street", "long")
        del update.update_mask.paths[:]
        changed = await api.projects.UpdateProject(update)
        assert (changed.display_name, changed.description) == ("Lane", "long")
        update.update_mask.paths.append("author")
        assert (await refused(api.projects.UpdateProject(update))).reason == "MASK_INVALID"

    async def test_comments_and_preview(self, api: Api) -> None:
        project = await api.project()
        run = await api.start(project)
        request = run_service_pb2.CreateCommentRequest(parent=run.name, comment=run_pb2.Comment(text="hm"))
        comment = await api.runs.CreateComment(request)
        assert (comment.name, comment.author, comment.revision > 0) == (f"{run.name}/comments/1", "ann", True)
        listed = await api.runs.ListComments(run_service_pb2.ListCommentsRequest(parent=run.name))
        assert [one.text for one in listed.comments] == ["hm"]
        preview = await api.runs.PreviewRun(
            run_service_pb2.PreviewRunRequest(project=project.name, start=["track"], parent="")
        )
        assert (list(preview.definitions), preview.parent) == (["track"], "")

    async def test_a_sweep_is_previewed_started_and_stopped(self, api: Api) -> None:
        project = await api.project()
        axes = [sweep_pb2.Axis(variable="S", expression="0.1..0.3/0.1")]
        preview = await api.runs.PreviewSweep(
            run_service_pb2.PreviewSweepRequest(project=project.name, start="detect", axes=axes)
        )
        assert (preview.count, list(preview.axes[0].values)) == (3, ["0.1", "0.2", "0.3"])
        sweep = await api.runs.StartSweep(
            run_service_pb2.StartSweepRequest(
                project=project.name, start="detect", axes=axes, expected_count=preview.count
            )
        )
        await api.little.until(lambda: len(list(api.little.view.live_stages())) == 3)
        stopped = await api.runs.StopSweep(run_service_pb2.StopSweepRequest(name=sweep.name, abort_stages=True))
        assert stopped.running_count == 3
        assert all(stage.abort for stage in api.little.view.live_stages())

    async def test_pipelines_are_read_from_yaml_and_stored(self, api: Api) -> None:
        parse = pipeline_service_pb2.ParsePipelineRequest
        good = await api.pipelines.ParsePipeline(parse(yaml="name: t\nstages:\n  - name: a\n    image: busybox\n"))
        assert not good.problems
        bad = await api.pipelines.ParsePipeline(parse(yaml="name: t\nstages:\n  - name: a\n"))
        assert bad.problems and bad.problems[0].line > 0 and not bad.HasField("spec")
        create = pipeline_service_pb2.CreatePipelineRequest(pipeline=pipeline_pb2.Pipeline(spec=good.spec))
        made = await api.pipelines.CreatePipeline(create)
        assert (made.name, made.version) == ("pipelines/t", 1)
        good.spec.description = "better"
        updated = await api.pipelines.UpdatePipeline(
            pipeline_service_pb2.UpdatePipelineRequest(pipeline=pipeline_pb2.Pipeline(name=made.name, spec=good.spec))
        )
        assert updated.version == 2
        text = await api.pipelines.RenderPipeline(pipeline_service_pb2.RenderPipelineRequest(spec=updated.spec))
        assert (await api.pipelines.ParsePipeline(parse(yaml=text.yaml))).spec == updated.spec
        await api.pipelines.DeletePipeline(pipeline_service_pb2.DeletePipelineRequest(name=made.name))
        listed = await api.pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest())
        assert not listed.pipelines

    async def test_settings_and_nodes(self, api: Api) -> None:
        update = settings_service_pb2.UpdateGlobalEnvironmentRequest(set={"TZ": "UTC"})
        assert (await api.settings.UpdateGlobalEnvironment(update)).environment == {"TZ": "UTC"}
        nodes = await api.nodes.ListNodes(node_service_pb2.ListNodesRequest())
        assert [(one.name, one.free.cpus) for one in nodes.nodes] == [("nodes/node-1", 8.0)]
        cordoned = await api.nodes.CordonNode(node_service_pb2.CordonNodeRequest(name="nodes/node-1", reason="disk"))
        assert (cordoned.policy.cordoned, cordoned.policy.reason) == (True, "disk")
        error = await refused(api.nodes.RemoveNode(node_service_pb2.RemoveNodeRequest(name="nodes/node-1")))
        assert error.reason == "NODE_ALIVE"


class TestReadings:
    async def test_what_is_measured_is_told_live_and_by_the_minute(self, api: Api) -> None:
        little, name = api.little, "nodes/node-1"
        little.readings.kept = [Reading(OfNode(NodeId("node-1")), 60.0 * minute, 60) for minute in range(1, 6)]
        little.readings.tell(Reading(OfNode(NodeId("node-1")), 301.0, 1, cpus=1.5))
        ask = node_service_pb2.ListReadingsRequest(name=name, page_size=2)
        ask.start_time.FromSeconds(60)
        ask.end_time.FromSeconds(240)
        first = await api.nodes.ListReadings(ask)
        ask.page_token = first.next_page_token
        rest = await api.nodes.ListReadings(ask)
        told = [*first.readings, *rest.readings]
        assert [(one.subject, one.time.seconds, one.seconds) for one in told] == [
            (name, 120, 60),
            (name, 180, 60),
            (name, 240, 60),
        ]
        assert not rest.next_page_token
        curve_of_all = node_service_pb2.ListReadingsRequest(name=name, end_time=ask.end_time, max_points=2)
        curve = await api.nodes.ListReadings(curve_of_all)
        assert [one.seconds for one in curve.readings] == [120, 120]
        for names in ([], [name]):
            live = api.nodes.WatchReadings(node_service_pb2.WatchReadingsRequest(names=names))
            async for response in live:
                assert [(one.subject, one.cpus) for one in response.readings] == [(name, 1.5)]
                break
            live.cancel()

    async def test_what_there_is_not_is_not_measured(self, api: Api) -> None:
        missing = stage_service_pb2.ListStageReadingsRequest(name="projects/-/stages/none-1-1-abcd")
        assert (await refused(api.stages.ListStageReadings(missing))).reason == "STAGE_UNKNOWN"
        unknown = node_service_pb2.ListReadingsRequest(name="nodes/nobody")
        assert (await refused(api.nodes.ListReadings(unknown))).reason == "NODE_UNKNOWN"


class TestTheCluster:
    async def test_who_leads_and_how_its_parts_are(self, api: Api) -> None:
        await api.little.until(lambda: api.little.view.nodes())
        cluster = await api.clusters.GetCluster(cluster_service_pb2.GetClusterRequest())
        assert (cluster.id, cluster.answered_by, cluster.version) == ("little", "nodes/node-1", "1.2.3")
        assert (cluster.leader, cluster.stale) == ("nodes/node-1", False)
        assert cluster.revision == api.little.view.revision
        assert (cluster.storage_size, cluster.storage_free) == (1000, 400)
        assert [(one.name, one.health) for one in cluster.parts] == [
            ("etcd", cluster_pb2.HEALTH_OK),
            ("etcd etcd-1:2379", cluster_pb2.HEALTH_OK),
            ("storage", cluster_pb2.HEALTH_OK),
        ]

    async def test_it_answers_while_all_that_it_stands_on_is_away(self, api: Api) -> None:
        api.little.store.disconnect()
        api.little.upkeep.each(fault="no answer")
        api.little.storage = Storage("the file system did not answer within 10 s")
        cluster = await api.clusters.GetCluster(cluster_service_pb2.GetClusterRequest())
        assert (cluster.stale, cluster.leader) == (True, "")
        assert [one.health for one in cluster.parts] == [cluster_pb2.HEALTH_DOWN] * 3
        assert cluster.parts[-1].text == "the file system did not answer within 10 s"
        api.little.store.reconnect()

    async def test_a_caller_is_told_who_they_are_taken_for(self, api: Api) -> None:
        caller = await api.identity.GetCaller(identity_service_pb2.GetCallerRequest(), metadata=(("x-user", "bob"),))
        assert (caller.name, caller.role) == ("users/bob", identity_pb2.ROLE_MEMBER)

    async def test_an_election_tells_what_nodes_say_and_who_was_chosen(self, api: Api) -> None:
        await api.nodes.CordonNode(node_service_pb2.CordonNodeRequest(name="nodes/node-1", reason="disk"))
        project = await api.project(world.chain("detect"))
        await api.start(project)
        await api.little.until(lambda: list(api.little.view.live_stages()))
        (stage,) = api.little.view.live_stages()
        ask = election_service_pb2.GetElectionRequest(name=f"{project.name}/stages/{stage.id}/election")
        waiting = await api.elections.GetElection(ask)
        assert (waiting.name, waiting.winner, waiting.HasField("close_time")) == (ask.name, "", False)
        assert [(one.node, list(one.lacks)) for one in waiting.bids] == [("nodes/node-1", ["is cordoned: disk"])]
        await api.nodes.UncordonNode(node_service_pb2.UncordonNodeRequest(name="nodes/node-1"))
        await api.little.placed("detect")
        awarded = await api.elections.GetElection(ask)
        assert (awarded.winner, awarded.fence > 0, awarded.round) == ("nodes/node-1", True, 1)
        assert awarded.HasField("close_time")
        error = await refused(api.elections.GetElection(election_service_pb2.GetElectionRequest(name=stage.id)))
        assert (error.reason, "election" in error.hint) == ("RESOURCE_NAME_INVALID", True)


class TestFiles:
    async def test_a_file_goes_up_in_pieces_and_comes_down_in_pieces(self, api: Api) -> None:
        project = await api.project()
        content = bytes(range(256)) * 12_000
        path = f"{project.name}/input/clip.mp4"
        begin = file_service_pb2.BeginUploadRequest(request_id="u", path=path, size=len(content))
        upload = await api.files.BeginUpload(begin)

        async def pieces(start: int, end: int):
            for offset in range(start, end, 1 << 20):
                data = content[offset : min(offset + (1 << 20), end)]
                yield file_service_pb2.AppendUploadRequest(name=upload.name, offset=offset, data=data)

        half = await api.files.AppendUpload(pieces(0, 1 << 20))
        assert half.offset == 1 << 20
        found = await api.files.GetUpload(file_service_pb2.GetUploadRequest(name=upload.name))
        assert found.offset == 1 << 20
        assert [one.path for one in (await api.files.ListUploads(file_service_pb2.ListUploadsRequest())).uploads] == [
            path
        ]
        await api.files.AppendUpload(pieces(1 << 20, len(content)))
        commit = file_service_pb2.CommitUploadRequest(name=upload.name, sha256=hashlib.sha256(content).hexdigest())
        file = await api.files.CommitUpload(commit)
        assert await api.files.CommitUpload(commit) == file
        assert (file.path, file.size, file.writable) == (path, len(content), True)

        read = [one async for one in api.files.ReadFile(file_service_pb2.ReadFileRequest(path=path, offset=100))]
        assert read[0].file.etag == file.etag
        assert b"".join(one.data for one in read[1:]) == content[100:]
        digest = await api.files.GetFileDigest(file_service_pb2.GetFileDigestRequest(path=path))
        assert digest.sha256 == commit.sha256

    async def test_the_tree_is_walked_from_its_roots(self, api: Api) -> None:
        project = await api.project()

        async def names(path: str) -> list[str]:
            listed = await api.files.ListFiles(file_service_pb2.ListFilesRequest(path=path))
            return [one.base_name for one in listed.files]

        assert await names("") == ["projects", "resources"]
        assert await names(project.name) == ["input", "output", "stages", "workspace"]
        made = await api.files.MakeDirectory(file_service_pb2.MakeDirectoryRequest(path=f"{project.name}/input/a/b"))
        assert made.path == f"{project.name}/input/a/b"
        assert await names(f"{project.name}/input") == ["a"]
        error = await refused(
            api.files.MakeDirectory(file_service_pb2.MakeDirectoryRequest(path=f"{project.name}/output/x"))
        )
        assert error.reason in {"POOL_READ_ONLY", "OUTPUT_NOT_PUBLISHED"}


class TestStreams:
    async def test_a_watch_begins_with_all_and_goes_on_with_what_changes(self, api: Api) -> None:
        project = await api.project()
        call = api.events.Watch(event_service_pb2.WatchRequest(projects=[project.name]))
        first = await call.read()
        assert first.initial
        assert {one.kind for one in first.changes} >= {event_pb2.RESOURCE_KIND_PROJECT, event_pb2.RESOURCE_KIND_NODE}
        await api.start(project)
        kinds = set()
        states = set()
        while not (event_pb2.RESOURCE_KIND_STAGE in kinds and project_pb2.PROJECT_STATE_RUNNING in states):
            response = await asyncio.wait_for(call.read(), 5)
            kinds |= {one.kind for one in response.changes}
            states |= {one.project.state for one in response.changes if one.HasField("project")}
        call.cancel()

    async def test_a_log_is_followed_to_its_end(self, api: Api) -> None:
        project = await api.project(world.chain("detect"))
        await api.start(project)
        stage = await api.little.start("detect")
        logs = api.little.volume.logs
        path = Path(api.little.volume.workspaces.absolute(f"{project.name}/stages/{stage.id}"))
        path.mkdir(parents=True)
        name = f"{project.name}/stages/{stage.id}"
        call = api.logs.FollowLog(log_service_pb2.FollowLogRequest(name=name))
        await logs.note(stage.project, stage.id, "one")
        chunks = aiter(call)
        first = await asyncio.wait_for(anext(chunks), 5)
        assert first.data.endswith(b" winslow F one\n")
        await logs.note(stage.project, stage.id, "two")
        await api.little.move(stage, lifecycle.Ended(world.OK, {}, 1.0))
        rest = [one async for one in chunks]
        assert rest[-1].ended
        assert b"".join(one.data for one in rest).endswith(b" winslow F two\n")
        assert rest[-1].offset == rest[-1].size

    async def test_a_follower_that_goes_away_leaves_nothing_running(self, api: Api) -> None:
        project = await api.project(world.chain("detect"))
        await api.start(project)
        stage = await api.little.start("detect")
        before = len(api.little.volume.calls)
        call = api.logs.FollowLog(log_service_pb2.FollowLogRequest(name=f"{project.name}/stages/{stage.id}"))
        while len(api.little.volume.calls) < before + 3:
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call.read()
        polls = -1
        while polls != (polls := len(api.little.volume.calls)):
            await asyncio.sleep(0.1)  # five times as long as between two polls
