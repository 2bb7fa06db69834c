"""Stages that misbehave: each ends in a true state with one cause that says what to do."""

from __future__ import annotations

import socket
import time

import pytest

from tests.acceptance.story import WITHIN, Story, cause_of, run_state, state_of
from tests.registry import running_registry
from winslow.errors import InvalidArgument
from winslow.pipelinefile import parse
from winslow.v1.stage_pb2 import StageState


def test_an_exit_code_is_told(story: Story) -> None:
    story.stages("exit 3")
    assert run_state(story.run()) == "FAILED"
    stage = story.stage("s1")
    assert (cause_of(stage), stage.outcome.exit_code) == ("EXIT_CODE", 3)


def test_an_unknown_image_is_named(story: Story) -> None:
    story.pipeline("- {name: s1, image: 'winslow/no-such-image:1'}")
    assert run_state(story.run()) == "FAILED"
    stage = story.stage("s1")
    assert cause_of(stage) == "IMAGE_MISSING" and "no-such-image" in stage.outcome.message


def test_a_command_that_is_not_there_is_named(story: Story) -> None:
    story.pipeline("- {name: s1, image: IMAGE, arguments: [no-such-command]}")
    story.run()
    assert cause_of(story.stage("s1")) == "COMMAND_NOT_FOUND"
    assert "no-such-command" in story.stage("s1").outcome.message or "No such file" in story.stage("s1").outcome.message


def test_running_out_of_memory_is_told_from_other_deaths(story: Story) -> None:
    story.stages("tail /dev/zero", resources="{memory: 32MiB}")
    story.run()
    stage = story.stage("s1")
    assert cause_of(stage) == "OUT_OF_MEMORY" and "32 MiB" in stage.outcome.message


def test_a_stage_that_ignores_sigterm_is_killed_after_its_grace(story: Story) -> None:
    story.stages("trap '' TERM; echo up; while true; do sleep 0.1; done", grace="1s")
    story.client.runs.start(story.project)
    stage = story.started("s1")
    while "up" not in story.log("s1"):
        time.sleep(0.05)
    at = time.monotonic()
    story.client.stages.abort(stage.name)
    ended = story.ended("s1")
    assert state_of(ended) == "ABORTED" and cause_of(ended) == "ABORTED"
    assert time.monotonic() - at < 15


def test_a_timeout_ends_the_stage_and_says_so(story: Story) -> None:
    story.stages("sleep 60", timeout="1s")
    story.run()
    stage = story.stage("s1")
    assert state_of(stage) == "FAILED" and cause_of(stage) == "TIMEOUT"


def test_two_hundred_megabytes_of_log_are_capped_with_a_mark_and_the_results_still_count(story: Story) -> None:
    story.stages(
        "yes 0123456789012345678901234567890123456789 | head -c 200000000; echo; echo WINSLOW_RESULT: done=yes",
        log_limit="1MiB",
    )
    assert run_state(story.run()) == "SUCCEEDED"
    assert dict(story.stage("s1").results) == {"done": "yes"}
    assert any("capped" in line for line in story.log("s1", "winslow"))
    assert story.client.files.stat(f"{story.stage('s1').name}/log").size < 3 << 20


def test_binary_on_stdout_harms_nobody(story: Story) -> None:
    story.stages("head -c 3000000 /dev/urandom; echo; echo the end")
    assert run_state(story.run()) == "SUCCEEDED"
    assert story.log("s1")[-1].endswith("the end")


def test_stdout_and_stderr_are_told_apart(story: Story) -> None:
    story.stages("echo out; echo err >&2")
    story.run()
    assert (story.log("s1"), story.log("s1", "stderr")) == (["out"], ["err"])


def test_argv_never_meets_a_shell(story: Story) -> None:
    story.pipeline("""- {name: s1, image: IMAGE, arguments: [echo, '$(id)', '; rm -rf /', '`x`', '*']}""")
    story.run()
    assert story.log("s1") == ["$(id) ; rm -rf / `x` *"]


def test_a_stage_is_confined(story: Story) -> None:
    story.stages(
        "id -u; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status; ls /sys/class/net; touch /input/x /resources/x"
    )
    assert run_state(story.run()) == "FAILED", "the input and the resources are read-only"
    said = story.log("s1")
    assert said[0] != "0"
    assert "CapEff:\t0000000000000000" in said and "NoNewPrivs:\t1" in said and "Seccomp:\t2" in said
    assert said[-1] == "lo"


def test_a_symlink_in_a_workspace_leads_nobody_out(story: Story) -> None:
    from winslow.errors import WinslowError

    story.stages("ln -s /etc/passwd /workspace/out; ln -s ../../../../../../../etc /workspace/up")
    story.run()
    for path in ("out", "up/passwd"):
        with pytest.raises(WinslowError) as refused:
            story.client.files.read_bytes(f"{story.stage('s1').name}/workspace/{path}")
        assert refused.value.reason in ("PATH_LEADS_OUT", "FILE_NOT_FOUND")


def test_a_stage_is_aborted_while_it_waits(story: Story) -> None:
    story.stages("sleep 60", resources="{cpus: 4000}")
    run = story.client.runs.start(story.project)
    waiting = story.started("s1", state=StageState.STAGE_STATE_QUEUED)
    assert state_of(story.client.stages.abort(waiting.name)) == "ABORTED"
    assert run_state(story.settled(run)) == "PAUSED"


def test_a_stage_is_aborted_while_its_image_is_pulled(story: Story) -> None:
    with running_registry() as registry:
        registry.flowing.clear()
        story.pipeline(f"- {{name: s1, image: '{registry.image}'}}")
        run = story.client.runs.start(story.project)
        stage = story.started("s1", state=StageState.STAGE_STATE_PREPARING)
        assert registry.asked.wait(WITHIN), "the pull is under way, and trickles"
        at = time.monotonic()
        story.client.stages.abort(stage.name)
        ended = story.ended("s1")
        assert (state_of(ended), cause_of(ended)) == ("ABORTED", "ABORTED")
        assert "before it started" in ended.outcome.message
        assert time.monotonic() - at < 5
        assert registry.hung_up.wait(WITHIN), "nobody goes on with the pull"
        assert run_state(story.settled(run)) == "PAUSED"


def test_a_stage_is_aborted_though_its_registry_says_nothing_at_all(story: Story) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections are taken, and never answered
        story.pipeline(f"- {{name: s1, image: '127.0.0.1:{silent.getsockname()[1]}/tiny:1'}}")
        run = story.client.runs.start(story.project)
        stage = story.started("s1", state=StageState.STAGE_STATE_PREPARING)
        silent.settimeout(WITHIN)
        asking, _ = silent.accept()
        with asking:
            at = time.monotonic()
            story.client.stages.abort(stage.name)
            assert state_of(story.ended("s1")) == "ABORTED"
            assert time.monotonic() - at < 5
            assert run_state(story.settled(run)) == "PAUSED"


def test_a_wait_says_what_for(story: Story) -> None:
    story.stages("true", resources="{cpus: 4000}")
    run = story.client.runs.start(story.project)
    stage = story.client.wait(
        story.started("s1", state=StageState.STAGE_STATE_QUEUED), until=lambda one: bool(one.reason.text), timeout=10
    )
    assert stage.reason.code == "NO_NODE_ABLE" and "4000 CPUs" in stage.reason.text
    story.client.stages.abort(stage.name)
    story.settled(run)


def test_broken_yaml_is_told_with_line_and_column() -> None:
    with pytest.raises(InvalidArgument, match=r"bad.yaml:3:\d+"):
        parse("name: x\nstages:\n  - {name: a, imgae: b}\n", "bad.yaml")
