"""Which workspaces go and which stay, over random trees of attempts: what must never go does not, whatever the policy."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit import world
from winslow.domain.layers import Chain
from winslow.domain.retention import (
    CATCHING_UP,
    DAY,
    LOST_KEPT,
    MARGIN,
    Going,
    RetentionClock,
    RetentionPolicy,
    Workspaces,
    above,
    counted,
    ended_at,
    going,
    held,
    spoken,
)
from winslow.domain.stage import NodeId, Outcome, ProjectId, RunId, Stage, StageId, State, WorkspaceId

PROJECT = ProjectId("p-abc123")
NOW = 1e9
ALL_GO = RetentionPolicy(keep_succeeded=0, keep_failed=False, max_age=0.0, drop_discardable=True)
LIVE = (State.QUEUED, State.PREPARING, State.RUNNING)
ENDS = (State.SUCCEEDED, State.FAILED, State.ABORTED, State.LOST)


def stage(
    name: str, state: State = State.SUCCEEDED, *, number: int = 0, age: float = 2 * DAY, **fields: object
) -> Stage:
    """An attempt whose process ended `age` seconds ago, the `number`th that was awarded."""
    definition = world.definition(
        str(fields.pop("definition", "detect")), discardable=bool(fields.pop("discardable", 0))
    )
    id_ = StageId(name)
    return replace(
        Stage(id_, PROJECT, RunId("000001"), definition, 1, NOW - age - 5, "ann", workspace=WorkspaceId(name)),
        state=state,
        node=NodeId("node-1"),
        fence=number,
        placed_at=NOW - age - 4,
        started_at=NOW - age - 3,
        ended_at=None if state in LIVE else NOW - age,
        outcome=Outcome(),
        **fields,  # type: ignore[arg-type]
    )


def there(*stages: Stage, needed: dict[str, str] | None = None, chains: dict[str, Chain] | None = None) -> Workspaces:
    return Workspaces(
        PROJECT,
        stages,
        {StageId(id_): who for id_, who in (needed or {}).items()},
        {StageId(id_): chain for id_, chain in (chains or {}).items()},
    )


def gone(found: tuple[Going, ...]) -> list[str]:
    return [one.stage.id for one in found]


def layered(*names: str, base: str = "") -> Chain:
    return Chain(base, tuple(StageId(name) for name in names))


class TestThePolicy:
    def test_without_one_everything_stays(self) -> None:
        everything = there(*(stage(f"s{n}", state) for n, state in enumerate(ENDS)))
        assert going(everything, RetentionPolicy(), NOW) == ()

    def test_the_newest_successes_of_each_definition_stay_by_their_awards_and_not_by_any_clock(self) -> None:
        stages = [stage(f"s{n}", number=n, age=100.0 * n) for n in range(4)]  # the latest award has the oldest clock
        other = stage("t1", definition="track")
        found = going(there(*stages, other), RetentionPolicy(keep_succeeded=2), NOW)
        assert {one.stage.id: one.reason for one in found} == {
            "s0": "3 newer ones succeeded",
            "s1": "2 newer ones succeeded",
        }

    def test_failures_do_not_count_among_the_successes(self) -> None:
        stages = [stage("old", number=1), stage("bad", State.FAILED, number=2)]
        assert going(there(*stages), RetentionPolicy(keep_succeeded=1), NOW) == ()
        assert gone(going(there(*stages), RetentionPolicy(keep_failed=False), NOW)) == ["bad"]

    def test_what_goes_for_another_reason_does_not_count_among_the_newest(self) -> None:
        stages = [stage("s0", number=0), stage("s1", number=1), stage("s2", number=2, discardable=True)]
        policy = RetentionPolicy(keep_succeeded=1, drop_discardable=True)
        assert gone(going(there(*stages), policy, NOW)) == ["s0", "s2"]

    def test_an_age_is_over_by_a_margin(self) -> None:
        policy = RetentionPolicy(max_age=30 * DAY)
        assert going(there(stage("s", age=30 * DAY + MARGIN - 1)), policy, NOW) == ()
        (found,) = going(there(stage("s", age=30 * DAY + MARGIN + 1)), policy, NOW)
        assert found.reason == "older than 30 days"

    def test_an_age_is_told_by_the_latest_time_of_the_record_so_that_no_node_whose_clock_is_behind_ages_its_stages(
        self,
    ) -> None:
        behind = replace(stage("s", age=10.0), started_at=5.0, ended_at=6.0)
        assert going(there(behind), RetentionPolicy(max_age=DAY), NOW) == ()

    def test_a_lost_one_stays_for_a_day_since_its_node_may_be_back(self) -> None:
        policy = RetentionPolicy(keep_failed=False)
        assert going(there(stage("s", State.LOST, age=LOST_KEPT - 1)), policy, NOW) == ()
        assert gone(going(there(stage("s", State.LOST, age=LOST_KEPT + 1)), policy, NOW)) == ["s"]

    def test_a_discardable_one_goes_as_soon_as_nobody_needs_it(self) -> None:
        one, policy = stage("s", age=0.0, discardable=True), RetentionPolicy(drop_discardable=True)
        assert going(there(one, needed={"s": "t"}), policy, NOW) == ()
        assert gone(going(there(one), policy, NOW)) == ["s"]
        assert going(there(one), RetentionPolicy(max_age=DAY), NOW) == ()

    def test_an_attempt_that_never_had_a_node_has_no_workspace_to_give_up(self) -> None:
        never = replace(stage("s", State.ABORTED), placed_at=None, node=None)
        assert going(there(never), ALL_GO, NOW) == ()


class TestOneDirectoryOfSeveral:
    def test_goes_only_when_all_that_use_it_may(self) -> None:
        first = stage("first", number=1)
        then = replace(stage("then", number=2, definition="track"), workspace=WorkspaceId("first"))
        policy = RetentionPolicy(keep_failed=False)
        failed = replace(then, state=State.FAILED)
        assert going(there(first, failed), policy, NOW) == ()  # the directory is the success's, too
        (found,) = going(there(first, failed), ALL_GO, NOW)
        assert [one.id for one in found.shared] == ["first", "then"]
        assert going(there(first, replace(then, pinned=True)), ALL_GO, NOW) == ()

    def test_one_that_was_skipped_only_passes_it_on(self) -> None:
        first = stage("first", State.FAILED)
        skipped = replace(stage("then", State.SKIPPED), workspace=WorkspaceId("first"), placed_at=None, node=None)
        (found,) = going(there(first, skipped), RetentionPolicy(keep_failed=False), NOW)
        assert [one.id for one in found.shared] == ["first", "then"]

    def test_the_zeroth_workspace_is_the_users(self) -> None:
        skipped = replace(stage("s", State.SKIPPED), workspace=WorkspaceId(""))
        assert going(there(skipped), ALL_GO, NOW) == ()

    def test_one_that_very_many_share_stays(self) -> None:
        shared = [replace(stage(f"s{n}", State.SKIPPED), workspace=WorkspaceId("first")) for n in range(70)]
        assert going(there(stage("first"), *shared), ALL_GO, NOW) == ()


class TestLayers:
    CHAINS: ClassVar = {"a": layered(), "b": layered("a"), "c": layered("a", "b")}

    def test_one_on_which_a_staying_one_stands_stays(self) -> None:
        stages = [stage("a"), stage("b"), replace(stage("c"), pinned=True)]
        assert going(there(*stages, chains=self.CHAINS), ALL_GO, NOW) == ()

    def test_what_goes_together_goes_from_the_top(self) -> None:
        stages = [stage("a"), stage("b"), stage("c")]
        assert gone(going(there(*stages, chains=self.CHAINS), ALL_GO, NOW)) == ["c", "b", "a"]

    def test_a_plain_directory_that_is_a_base_stays_with_what_stands_on_it(self) -> None:
        chains = {"top": layered(base=f"projects/{PROJECT}/stages/low/workspace")}
        stages = [stage("low"), replace(stage("top"), pinned=True)]
        assert going(there(*stages, chains=chains), ALL_GO, NOW) == ()
        assert above(there(*stages, chains=chains), stages[0]) == ("top",)

    def test_a_layer_that_somebody_stands_on_whose_record_nobody_knows_stays(self) -> None:
        assert going(there(stage("a"), chains={"stranger": layered("a")}), ALL_GO, NOW) == ()


STATES = st.sampled_from((*LIVE, *ENDS, State.SKIPPED))


@st.composite
def projects(draw: st.DrawFn) -> Workspaces:
    """Attempts that share directories, stand on each other's layers, are pinned and needed, as it comes."""
    count = draw(st.integers(1, 7))
    ids = [f"s{n}" for n in range(count)]
    stages: list[Stage] = []
    for number, id_ in enumerate(ids):
        state = draw(STATES)
        one = stage(
            id_,
            state,
            number=number,
            age=draw(st.sampled_from((0.0, 3600.0, 40 * DAY))),
            definition=draw(st.sampled_from(("detect", "track"))),
            discardable=draw(st.booleans()),
            pinned=draw(st.sampled_from((False, False, False, True))),
        )
        owner = draw(st.sampled_from((id_, id_, *ids[: number + 1], "")))
        stages.append(replace(one, workspace=WorkspaceId(owner)))
    chains: dict[StageId, Chain] = {}
    for number, id_ in enumerate(ids):
        below = draw(st.sampled_from((None, "", *ids[:number])))
        if below is not None:
            chains[StageId(id_)] = chains.get(StageId(below), Chain()).under(StageId(below)) if below else Chain()
    needed = {StageId(id_): "somebody" for id_ in draw(st.lists(st.sampled_from(ids), max_size=2))}
    return Workspaces(PROJECT, stages, needed, chains)


POLICIES = st.builds(
    RetentionPolicy, st.none() | st.integers(0, 3), st.booleans(), st.none() | st.just(30 * DAY), st.booleans()
)


@given(projects(), POLICIES)
def test_what_must_stay_stays_whatever_the_policy(workspaces: Workspaces, policy: RetentionPolicy) -> None:
    found = {one.stage.workspace for one in going(workspaces, policy, NOW)}
    for one in workspaces.stages:
        if one.live or one.pinned or one.id in workspaces.needed or not one.workspace:
            assert one.workspace not in found
            assert held(workspaces, one) or not one.workspace


@given(projects(), POLICIES)
def test_at_every_moment_all_that_is_left_still_stands(workspaces: Workspaces, policy: RetentionPolicy) -> None:
    left = dict(workspaces.chains)
    for one in going(workspaces, policy, NOW):
        owner = StageId(one.stage.workspace)
        left.pop(owner, None)
        assert all(owner not in chain.layers for chain in left.values())


@settings(max_examples=500)
@given(projects(), POLICIES)
def test_removing_half_of_it_and_asking_again_ends_the_same(workspaces: Workspaces, policy: RetentionPolicy) -> None:
    """Each look goes by what is still there: nothing goes for the reason that something else went."""

    def directories(left: Workspaces) -> list[str]:
        return [one.stage.workspace for one in going(left, policy, NOW)]

    whole = directories(workspaces)
    first = whole[: len(whole) // 2]
    stages = [one for one in workspaces.stages if one.workspace not in first]
    chains = {id_: chain for id_, chain in workspaces.chains.items() if id_ not in first}
    rest = directories(replace(workspaces, stages=stages, chains=chains))
    assert sorted([*first, *rest]) == sorted(whole)


@given(projects(), POLICIES, st.floats(0, 1e9))
def test_what_may_go_may_go_later_too(workspaces: Workspaces, policy: RetentionPolicy, later: float) -> None:
    """But by number: when a newer success has become too old itself, it does not count any more."""
    policy = replace(policy, keep_succeeded=None)
    assert set(gone(going(workspaces, policy, NOW))) <= set(gone(going(workspaces, policy, NOW + later)))


class TestTheTimeByWhichAgesAreJudged:
    def test_it_is_what_the_clock_says_where_that_is_no_faster_than_counted(self) -> None:
        assert counted(RetentionClock(NOW), 3600.0, NOW + 3600, 0.0).at == NOW + 3600

    def test_a_clock_that_jumps_ages_nothing_at_once(self) -> None:
        jumped = counted(RetentionClock(NOW), 3600.0, NOW + 3650 * DAY, 0.0)
        assert jumped.at == NOW + 3600 * (1 + CATCHING_UP)
        assert counted(jumped, 60.0, NOW + 3660, 0.0).at == NOW + 3660, "and takes it back when it is right again"

    def test_who_did_not_count_has_only_what_was_noted(self) -> None:
        assert counted(RetentionClock(NOW), 0.0, NOW + 30 * DAY, 0.0).at == NOW

    def test_a_fortnight_without_anybody_is_caught_up_within_a_day(self) -> None:
        assert counted(RetentionClock(NOW), DAY, NOW + 15 * DAY, 0.0).at == NOW + 15 * DAY

    def test_the_first_time_no_record_is_older_than_the_newest_says(self) -> None:
        assert counted(None, 0.0, NOW + 3650 * DAY, NOW).at == NOW

    @given(st.none() | st.floats(0, 2e9).map(RetentionClock), st.floats(0, 1e7), st.floats(0, 4e9), st.floats(0, 4e9))
    def test_it_is_never_ahead_of_the_clock(
        self, before: RetentionClock | None, elapsed: float, said: float, newest: float
    ) -> None:
        assert counted(before, elapsed, said, newest).at <= said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(30 * DAY, "30 days"), (DAY, "1 day"), (7200, "2 hours"), (90, "90 seconds"), (0.5, "0.5 seconds")],
)
def test_lengths_are_said_as_people_do(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


def test_an_attempts_end_is_the_latest_moment_that_is_known_of_it() -> None:
    assert ended_at(replace(stage("s", age=10.0), placed_at=NOW)) == NOW
