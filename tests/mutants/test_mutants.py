"""Every mutant is noticed by its test. Half a minute on two cores: in CI, and where WINSLOW_MUTANTS is set."""

from __future__ import annotations

import os

import pytest

from tests.mutants.run import main


@pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("WINSLOW_MUTANTS")),
    reason="run scripts/mutants, or set WINSLOW_MUTANTS",
)
@pytest.mark.timeout(1200)
def test_nothing_that_the_proof_rests_on_can_be_taken_away_unnoticed(capsys: pytest.CaptureFixture[str]) -> None:
    status = main([])
    assert status == 0, capsys.readouterr().out
