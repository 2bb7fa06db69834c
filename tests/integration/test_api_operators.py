"""What operators say of nodes, limits and priorities, over a real gRPC server; behind it a store in memory."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask

from tests.integration.test_api import Api, api, refused  # noqa: F401 - the fixture
from tests.unit import world
from tests.unit.little import NODE
from winslow.domain.node import Silence
from winslow.domain.records import Commit, Put, silence_ref
from winslow.errors import Code
from winslow.v1 import node_pb2, node_service_pb2, project_service_pb2, settings_service_pb2, stage_service_pb2
from winslow.v1.project_pb2 import Project
from winslow.v1.retention_pb2 import RetentionPolicy
from winslow.v1.settings_pb2 import Limits
from winslow.v1.stage_pb2 import StageState


async def change(api: Api, limits: Limits, *fields: str) -> Limits:  # noqa: F811
    mask = FieldMask(paths=fields)
    ask = settings_service_pb2.UpdateLimitsRequest(limits=limits, update_mask=mask)
    changed: Limits = await api.settings.UpdateLimits(ask)
    return changed


async def test_limits_are_changed_field_by_field_or_all_at_once(api: Api) -> None:  # noqa: F811
    first = await change(api, Limits(per_user=4, users={"bob": 2}, per_project=9), "per_user", "users")
    assert (first.name, first.per_user, dict(first.users), first.per_project) == ("limits", 4, {"bob": 2}, 0)
    second = await change(api, Limits(per_project=3))
    assert (second.per_user, dict(second.users), second.per_project) == (0, {}, 3)
    assert await api.settings.GetLimits(settings_service_pb2.GetLimitsRequest()) == second
    stale = settings_service_pb2.UpdateLimitsRequest(limits=Limits(per_user=1), expected_revision=first.revision)
    assert (await refused(api.settings.UpdateLimits(stale))).reason == "REVISION_MISMATCH"
    assert (await refused(change(api, Limits(per_user=-1), "per_user"))).reason == "LIMIT_INVALID"
    assert (await refused(change(api, Limits(), "name"))).reason == "MASK_INVALID"


async def test_a_retention_policy_is_set_previewed_and_forgotten(api: Api) -> None:  # noqa: F811
    project = await api.project(world.chain("detect"))
    name = f"{project.name}/retentionPolicy"
    get = settings_service_pb2.GetRetentionPolicyRequest
    fresh = await api.settings.GetRetentionPolicy(get(name=name))
    assert (fresh.name, fresh.keep_failed, fresh.inherited, fresh.revision) == (name, True, True, 0)
    wanted = RetentionPolicy(name=name, keep_succeeded=0)
    wanted.max_age.FromSeconds(60)
    mask = FieldMask(paths=["keep_succeeded", "max_age"])
    ask = settings_service_pb2.UpdateRetentionPolicyRequest(retention_policy=wanted, update_mask=mask)
    changed = await api.settings.UpdateRetentionPolicy(ask)
    assert (changed.keep_succeeded, changed.keep_failed, changed.max_age.seconds) == (0, True, 60)
    assert changed.HasField("keep_succeeded") and not changed.inherited and changed.revision
    await api.start(project)
    stage = await api.little.end("detect")
    await api.little.until(lambda: not api.little.run(stage.project).active)
    preview = await api.settings.PreviewRetention(
        settings_service_pb2.PreviewRetentionRequest(retention_policy=changed)
    )
    assert [(one.stage, one.reason) for one in preview.candidates] == [
        (f"{project.name}/stages/{stage.id}", "none that succeeded is kept")
    ]
    forget = settings_service_pb2.UpdateRetentionPolicyRequest(retention_policy=RetentionPolicy(name=name), reset=True)
    assert await api.settings.UpdateRetentionPolicy(forget) == fresh
    cluster = await api.settings.GetRetentionPolicy(get(name="retentionPolicy"))
    assert (cluster.name, cluster.inherited) == ("retentionPolicy", False)
    assert (await refused(api.settings.GetRetentionPolicy(get(name="retention")))).reason == "RESOURCE_NAME_INVALID"
    dropped = await api.stages.DropWorkspace(
        stage_service_pb2.DropWorkspaceRequest(name=f"{project.name}/stages/{stage.id}")
    )
    assert dropped.HasField("workspace_drop_time")


async def test_a_node_is_limited(api: Api) -> None:  # noqa: F811
    node = await api.nodes.LimitNode(node_service_pb2.LimitNodeRequest(name="nodes/node-1", max_stages=2))
    assert node.policy.max_stages == 2
    assert node.leader
    error = await refused(
        api.nodes.LimitNode(node_service_pb2.LimitNodeRequest(name="nodes/node-1", max_stages=3, expected_revision=1))
    )
    assert error.reason == "REVISION_MISMATCH"


async def test_a_projects_priority_has_a_mask_of_its_own(api: Api) -> None:  # noqa: F811
    made = await api.project()
    assert made.priority == 0

    def to(priority: int) -> project_service_pb2.UpdateProjectRequest:
        return project_service_pb2.UpdateProjectRequest(
            project=Project(name=made.name, priority=priority), update_mask=FieldMask(paths=["priority"])
        )

    changed = await api.projects.UpdateProject(to(-7))
    assert (changed.priority, changed.display_name) == (-7, made.display_name)
    assert (await api.projects.UpdateProject(to(0))).priority == 0
    assert (await refused(api.projects.UpdateProject(to(101)))).reason == "PRIORITY_INVALID"


async def test_a_silent_node_is_suspect_with_its_stage_until_it_is_given_up(api: Api) -> None:  # noqa: F811
    little = api.little
    project = await api.project(world.chain("detect"))
    await api.start(project)
    stage = await little.start("detect")
    little.membership.lose_session(regain=False)
    record = Silence(NODE.id, little.now - 40, 30.0)
    await little.store.commit(Commit(puts=(Put(silence_ref(NODE.id), record),)))
    node = await api.nodes.GetNode(node_service_pb2.GetNodeRequest(name="nodes/node-1"))
    assert node.state == node_pb2.NODE_STATE_SUSPECT
    assert node.silent_since.seconds == little.now - 40
    assert list(node.warnings) == ["silent for 40 s, its stage is given up in 260 s"]
    name = f"{project.name}/stages/{stage.id}"
    shown = await api.stages.GetStage(stage_service_pb2.GetStageRequest(name=name))
    assert (shown.suspect, shown.reason.text) == (True, "suspect: node-1 silent for 40 s, given up in 260 s")
    explained = await api.stages.ExplainStage(stage_service_pb2.ExplainStageRequest(name=name))
    assert explained.reason.text == shown.reason.text
    assert "winslowctl node remove node-1 --give-up" in explained.remedies[-1]
    await api.nodes.RemoveNode(node_service_pb2.RemoveNodeRequest(name="nodes/node-1", give_up=True))
    lost = await api.stages.GetStage(stage_service_pb2.GetStageRequest(name=name))
    assert (lost.state, lost.suspect) == (StageState.STAGE_STATE_LOST, False)


async def test_a_drain_within_a_time_is_counted_by_the_node_that_answers(api: Api) -> None:  # noqa: F811
    ask = node_service_pb2.DrainNodeRequest(name="nodes/node-1")
    ask.within.FromSeconds(3600)
    drained = await api.nodes.DrainNode(ask)
    assert drained.policy.drain_deadline.ToSeconds() == int(api.little.now) + 3600
    neither = node_service_pb2.DrainNodeRequest(name="nodes/node-1")
    assert (await refused(api.nodes.DrainNode(neither))).reason == "DEADLINE_MISSING"


async def test_of_two_who_save_something_first_the_second_is_told(api: Api) -> None:  # noqa: F811
    """Each read it before anybody had saved it; who says nothing of what they saw goes on having their way."""
    pb, nodes_pb = settings_service_pb2, node_service_pb2
    limits = [pb.UpdateLimitsRequest(limits=Limits(per_user=n), expected_revision=0) for n in (4, 5)]
    variables = [pb.UpdateGlobalEnvironmentRequest(set={"X": f"{n}"}, expected_revision=0) for n in (4, 5)]
    policy = "retentionPolicy"
    kept = [RetentionPolicy(name=policy, keep_succeeded=n) for n in (4, 5)]
    policies = [pb.UpdateRetentionPolicyRequest(retention_policy=one, expected_revision=0) for one in kept]
    on_node = [nodes_pb.LimitNodeRequest(name="nodes/node-1", max_stages=n, expected_revision=0) for n in (4, 5)]
    for save, (first, second) in (
        (api.settings.UpdateLimits, limits),
        (api.settings.UpdateGlobalEnvironment, variables),
        (api.settings.UpdateRetentionPolicy, policies),
        (api.nodes.LimitNode, on_node),
    ):
        saved = await save(first)
        error = await refused(save(second))
        assert (error.code, error.reason) == (Code.ABORTED, "REVISION_MISMATCH")
        second.ClearField("expected_revision")
        assert await save(second) != saved
