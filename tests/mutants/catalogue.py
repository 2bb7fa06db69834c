"""The mutants: what is taken away, where, and the test that must fail without it.

Each is an exact piece of one file and what stands there instead. When the code changes, the piece is gone and the run fails:
then its author says here how the promise is kept now.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` is in `file` exactly once; with `new` in its place `test`, a node id of pytest, must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


PROMISES = "tests/mutants/test_promises.py"
ATTEMPT = "tests/unit/test_engine_attempt.py"
UNDERTAKER = "tests/unit/test_engine_undertaker.py"
FENCING = "tests/unit/test_engine_fencing.py"

MUTANTS = (
    # ---- compares of a leader
    Mutant(
        "a leader's commits carry no fence",
        "winslowd/engines/moves.py",
        "        expects=tuple(expects),\n        fence=fence,\n",
        "        expects=tuple(expects),\n",
        f"{PROMISES}::test_a_leader_changes_nothing_once_another_leads",
    ),
    Mutant(
        "the fence is not compared in the transaction",
        "winslowd/etcd/transaction.py",
        "        compare.append(kv.created(key, commit.fence.revision))\n",
        "",
        f"{PROMISES}::test_a_fence_is_compared_by_etcd_itself",
    ),
    Mutant(
        "an award does not compare the stage's revision",
        "winslowd/engines/moves.py",
        "        expects=tuple(Expect(ref, view.revision_of(ref)) for ref in refs),\n        awards",
        "        expects=(),\n        awards",
        f"{PROMISES}::test_an_award_is_written_once_though_two_leaders_know_nothing_of_each_other",
    ),
    Mutant(
        "an award does not compare the node's reservation",
        "winslowd/engines/moves.py",
        "        for ref in (node_ref(node), reservation_ref(node), node_policy_ref(node)):\n",
        "        for ref in (node_ref(node), node_policy_ref(node)):\n",
        f"{PROMISES}::test_a_node_is_not_given_more_than_it_has_by_leaders_that_know_nothing_of_each_other",
    ),
    Mutant(
        "an award does not compare the node's registration",
        "winslowd/engines/moves.py",
        "        for ref in (node_ref(node), reservation_ref(node), node_policy_ref(node)):\n",
        "        for ref in (reservation_ref(node), node_policy_ref(node)):\n",
        f"{PROMISES}::test_nothing_is_awarded_to_a_node_that_has_just_gone",
    ),
    Mutant(
        "an award does not compare the node's policy",
        "winslowd/engines/moves.py",
        "        for ref in (node_ref(node), reservation_ref(node), node_policy_ref(node)):\n",
        "        for ref in (node_ref(node), reservation_ref(node)):\n",
        "tests/unit/test_engine_moves.py::test_an_award_compares_what_people_decided_of_the_run_and_of_the_node",
    ),
    Mutant(
        "an award does not compare the stage's run",
        "winslowd/engines/moves.py",
        "    if after.state in PLACED:\n        refs.append(",
        "    if False:\n        refs.append(",
        "tests/unit/test_engine_moves.py::test_an_award_compares_what_people_decided_of_the_run_and_of_the_node",
    ),
    Mutant(
        "the reservation is not written",
        "winslowd/engines/moves.py",
        "            *(Put(reservation_ref(one.node), one) for one in taken),\n",
        "",
        f"{PROMISES}::test_a_node_is_not_given_more_than_it_has_by_leaders_that_know_nothing_of_each_other",
    ),
    Mutant(
        "making stages does not compare the run",
        "winslowd/engines/term.py",
        "        before = (run_ref(run), project_ref(run.project))\n",
        "        before = (project_ref(run.project),)\n",
        f"{PROMISES}::test_what_a_person_changed_of_a_run_meanwhile_is_not_overwritten",
    ),
    Mutant(
        "making stages does not compare the project",
        "winslowd/engines/term.py",
        "        before = (run_ref(run), project_ref(run.project))\n",
        "        before = (run_ref(run),)\n",
        f"{PROMISES}::test_no_stage_is_made_in_a_project_that_is_being_deleted",
    ),
    Mutant(
        "a stage that is made may be there already",
        "winslowd/engines/term.py",
        "                *(Expect(stage_ref(stage), 0) for stage in stages),\n",
        "",
        f"{PROMISES}::test_a_stage_that_is_there_is_not_made_again",
    ),
    # ---- compares of the undertaker
    Mutant(
        "a node that has just come back is given up",
        "winslowd/engines/undertaker.py",
        "        return Expect(node_ref(node), 0), Expect(record, self._store.view.revision_of(record))\n",
        "        return (Expect(record, self._store.view.revision_of(record)),)\n",
        f"{UNDERTAKER}::TestTheVeryMoment::test_it_wins_even_where_nothing_was_waited_for",
    ),
    Mutant(
        "a silence that was not waited out gives up stages",
        "winslowd/engines/undertaker.py",
        "        return Expect(node_ref(node), 0), Expect(record, self._store.view.revision_of(record))\n",
        "        return (Expect(node_ref(node), 0),)\n",
        f"{UNDERTAKER}::TestTheVeryMoment::test_so_does_one_that_was_back_and_is_silent_again",
    ),
    Mutant(
        "stages are given up before their node is shut out",
        "winslow/domain/silence.py",
        "        if writers is None or writers:\n",
        "        if False:\n",
        f"{FENCING}::TestFencing::test_while_that_fails_the_stage_is_waited_for_and_the_record_says_why",
    ),
    Mutant(
        "a client that was told of at the last moment is not shut out",
        "winslowd/engines/undertaker.py",
        "                *self._still_attached(node),\n",
        "",
        f"{FENCING}::TestFencing::test_a_client_that_is_told_of_at_the_last_moment_is_shut_out_too",
    ),
    Mutant(
        "a volume may be used before the cluster knows through which client",
        "winslowd/engines/surveyor.py",
        '            fault = await self._fault(standing) if refusal is None else ""\n',
        "            self._known.judged(worker, refusal)\n            fault = await self._fault(standing)\n",
        "tests/unit/test_engine_surveyor.py::TestWhoWeAre::"
        "test_the_cluster_knows_a_client_before_anything_is_touched_through_it",
    ),
    Mutant(
        "another volume than the cluster's is used",
        "winslowd/engines/surveyor.py",
        "        if standing.identity == meant.id:\n",
        "        if meant:\n",
        "tests/unit/test_engine_surveyor.py::TestWhichVolume::"
        "test_without_the_clusters_identity_nothing_is_touched_and_it_is_said_what_to_look_for",
    ),
    Mutant(
        "a registration leaves the record of the silence",
        "winslowd/etcd/membership.py",
        "Commit(puts=(put,), deletes=(silence_ref(node.id),))",
        "Commit(puts=(put,))",
        "tests/contract/test_membership.py::"
        "test_a_node_that_registers_takes_the_record_of_its_silence_away_in_the_same_transaction[etcd]",
    ),
    # ---- an attempt
    Mutant(
        "an attempt does not compare its stage's revision",
        "winslowd/engines/attempt.py",
        "Commit(puts=(Put(stage_ref(moved), moved),), expects=(expect,))",
        "Commit(puts=(Put(stage_ref(moved), moved),))",
        f"{PROMISES}::test_an_attempt_overwrites_nothing_that_somebody_wrote_meanwhile",
    ),
    Mutant(
        "an attempt does not look at its fence",
        "winslowd/engines/attempt.py",
        "        if current is None or current.ended or current.fence != self._fence:\n",
        "        if current is None or current.ended:\n",
        f"{PROMISES}::test_an_attempt_of_an_older_fence_records_nothing",
    ),
    Mutant(
        "an attempt goes on after its stage has ended elsewhere",
        "winslowd/engines/attempt.py",
        "        if current is None or current.ended or current.fence != self._fence:\n",
        "        if current is None or current.fence != self._fence:\n",
        f"{PROMISES}::test_an_attempt_whose_stage_was_given_up_records_nothing",
    ),
    Mutant(
        "an older success is shown in place of a newer one",
        "winslowd/engines/finishing.py",
        "        if latest != stage.id:\n            return\n",
        "",
        f"{PROMISES}::test_only_the_latest_success_is_shown",
    ),
    Mutant(
        "the output of a stage that did not succeed is shown",
        "winslow/domain/exits.py",
        "stage.definition.name == definition and stage.state is State.SUCCEEDED]",
        "stage.definition.name == definition and stage.ended_at]",
        f"{ATTEMPT}::TestAStageThatRuns::test_that_fails_publishes_nothing",
    ),
    # ---- requests
    Mutant(
        "a request is not compared with one that was quicker",
        "winslowd/usecases/requests.py",
        "expects=(*commit.expects, Expect(request.ref, 0))",
        "expects=commit.expects",
        f"{PROMISES}::test_the_same_request_at_two_nodes_at_once_has_one_effect",
    ),
    Mutant(
        "a request is not remembered",
        "winslowd/usecases/requests.py",
        "    return replace(commit, puts=(*commit.puts, done), expects=(*commit.expects, Expect(request.ref, 0)))\n",
        "    return commit if done else commit\n",
        f"{PROMISES}::test_the_same_request_twice_has_one_effect",
    ),
    Mutant(
        "another request under the same ID is taken for the same",
        "winslowd/usecases/requests.py",
        "    if found.value.fingerprint != request.fingerprint:\n",
        "    if False:\n",
        f"{PROMISES}::test_another_request_under_the_same_id_is_refused",
    ),
    Mutant(
        "the revision that a person saw is not compared",
        "winslowd/usecases/requests.py",
        "    if expected_revision != ANY and seen != revision:\n",
        "    if False:\n",
        f"{PROMISES}::test_of_two_people_who_change_what_they_saw_one_is_told_so",
    ),
    # ---- claims
    Mutant(
        "a claim that is there is made anew",
        "winslowd/etcd/lock.py",
        "                    [kv.created(key, 0)], [kv.put(key, self._holder, session.lease)], [kv.get",
        "                    [], [kv.put(key, self._holder, session.lease)], [kv.get",
        f"{PROMISES}::test_a_claim_that_was_made_without_an_answer_is_found_and_keeps_its_place",
    ),
    Mutant(
        "a claim that is gone is written again",
        "winslowd/etcd/lock.py",
        "                    [kv.created(key, fence.revision)], [kv.put(key, self._holder, session.lease)]\n",
        "                    [], [kv.put(key, self._holder, session.lease)]\n",
        f"{PROMISES}::test_a_claim_that_is_gone_is_not_confirmed",
    ),
    # ---- what is on a disk before it is said
    Mutant(
        "a verdict is not synced",
        "winslowd/journal.py",
        "            os.fsync(file.fileno())\n",
        "",
        "tests/unit/test_journal.py::test_a_verdict_is_on_the_disk_before_it_is_seen",
    ),
    Mutant(
        "a verdict's name is not synced",
        "winslowd/journal.py",
        "        _fsync_directory(self._verdicts)\n",
        "",
        "tests/unit/test_journal.py::test_a_verdict_is_on_the_disk_before_it_is_seen",
    ),
    Mutant(
        "the launcher does not sync how the process ended",
        "winslowd/docker/launcher.c",
        "    bool safe = n > 0 && !fsync(fd);\n",
        "    bool safe = n > 0;\n",
        f"{PROMISES}::test_the_launcher_syncs_its_claim_and_its_record",
    ),
    Mutant(
        "the launcher does not sync its claim",
        "winslowd/docker/launcher.c",
        "static void sync_claim(int fd)\n{\n    fsync(fd);\n",
        "static void sync_claim(int fd)\n{\n",
        f"{PROMISES}::test_the_launcher_syncs_its_claim_and_its_record",
    ),
    Mutant(
        "the launcher launches though it has launched before",
        "winslowd/docker/launcher.c",
        "    return openat(record, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);\n",
        "    return openat(record, name, O_CREAT | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644);\n",
        "tests/unit/test_launcher.py::test_a_second_launch_is_refused",
    ),
    Mutant(
        "bytes of an upload are acknowledged before they are on the disk",
        "storage/upload_state.py",
        "            os.fdatasync(self.fd)\n",
        "            pass\n",
        f"{PROMISES}::test_bytes_of_an_upload_are_on_the_disk_before_they_are_acknowledged",
    ),
    Mutant(
        "a layer is taken of a workspace whose container may be at work",
        "winslowd/engines/keeping.py",
        '        await insist(lambda: self._tools.driver.stop(self._stage, 0), "container is not at rest yet", stage=self._stage)\n',
        "",
        "tests/unit/test_engine_layered.py::test_its_container_is_at_rest_before_it_is_taken_in",
    ),
    Mutant(
        "what a layer stands on is not looked at again once that is written down",
        "storage/layered.py",
        "            again = self._ground_again(plan, found, owner, tell, stop)\n",
        "            again = found\n",
        "tests/unit/test_storage_layered.py::"
        "test_a_base_that_is_removed_before_anybody_is_known_to_stand_on_it_is_made_again",
    ),
    Mutant(
        "an output is shown on an old view",
        "winslowd/engines/finishing.py",
        "        await store.caught_up(stage.project)\n",
        "",
        "tests/unit/test_engine_attempt.py::TestPublishing::test_on_an_old_view_shows_nothing_until_it_has_caught_up",
    ),
    Mutant(
        "a history's records are acknowledged before they are on the disk",
        "storage/segments.py",
        "            view, offset = view[written:], offset + written\n        os.fsync(fd)\n",
        "            view, offset = view[written:], offset + written\n",
        f"{PROMISES}::test_a_history_is_on_the_disk_before_what_it_holds_leaves_the_records",
    ),
    Mutant(
        "a log goes though its archive was not read back",
        "storage/logarchive.py",
        "        if packed.size != size or verified(fd, stop) != packed.sha256:\n",
        "        if packed.size != size:\n",
        "tests/unit/test_storage_logarchive.py::test_a_disk_that_lies_costs_nothing",
    ),
    Mutant(
        "a log is archived that a node could not read",
        "winslow/domain/archives.py",
        "    return all(kind in node.archives for node in view.nodes())\n",
        "    return True\n",
        "tests/unit/test_engine_keeper.py::test_nothing_is_archived_while_a_node_could_not_read_it",
    ),
    Mutant(
        "what was appended to a segment while it was condensed goes with it",
        "storage/condensing.py",
        '        if what == "records" and _size(directory, name) > sizes.get(number, -1):\n',
        "        if False:\n",
        "tests/unit/test_storage_condensing.py::test_an_append_that_was_frozen_half_way_comes_back",
    ),
)
