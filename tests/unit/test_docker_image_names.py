"""By which names a node says that it has an image."""

from __future__ import annotations

from winslowd.docker.images import names_of


def test_an_image_is_known_by_tags_digests_and_id_and_the_tag_that_goes_unsaid() -> None:
    entry = {
        "Id": "sha256:1",
        "RepoTags": ["busybox:latest", "localhost:5000/tool:2"],
        "RepoDigests": ["busybox@sha256:9"],
    }
    assert set(names_of(entry)) == {
        *("busybox:latest", "busybox", "localhost:5000/tool:2", "busybox@sha256:9", "sha256:1"),
    }


def test_an_image_that_lost_its_name_is_known_by_its_id() -> None:
    entry = {"Id": "sha256:1", "RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"]}
    assert set(names_of(entry)) == {"sha256:1"}
    assert set(names_of({"Id": "sha256:1", "RepoTags": None, "RepoDigests": None})) == {"sha256:1"}
