"""Records of versions that were released are read by this one, and mean what they meant."""

from __future__ import annotations

import pytest

from tests.unit.samples import FOLDER, VERSIONS
from winslow.domain.records import Kind, Record
from winslow.wire.records import read

SAMPLES = [
    pytest.param(version, name, kind, record, id=f"{version}-{name}")
    for version, samples in VERSIONS.items()
    for name, (kind, record) in samples.items()
]


@pytest.mark.parametrize(("version", "name", "kind", "record"), SAMPLES)
def test_what_an_old_version_wrote_means_what_it_meant(version: str, name: str, kind: Kind, record: Record) -> None:
    written = (FOLDER / version / f"{name}.bin").read_bytes()
    # a field that was taken out of the contract would be an unknown one
    assert read(kind, written) == (record, b"")


def test_every_kind_of_record_has_a_sample_and_no_sample_is_forgotten() -> None:
    assert {kind for kind, _ in VERSIONS["0.1"].values()} == set(Kind)
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.bin")} == {
        f"{version}/{name}.bin" for version, samples in VERSIONS.items() for name in samples
    }
