"""Whatever the operating system says reaches a person as an error with a reason and a hint."""

from __future__ import annotations

import errno
import os

import pytest

from storage.faults import about, translate
from winslow.errors import Exhausted, Internal, Unavailable, WinslowError


@pytest.mark.parametrize(
    ("code", "kind", "reason"),
    [
        (errno.ENOSPC, Exhausted, "DISK_FULL"),
        (errno.EDQUOT, Exhausted, "QUOTA_EXCEEDED"),
        (errno.ENOTCONN, Unavailable, "STORAGE_DEGRADED"),
        (errno.ESTALE, Unavailable, "STORAGE_DEGRADED"),
        (errno.ESHUTDOWN, Unavailable, "STORAGE_FENCED"),
    ],
)
def test_what_a_broken_file_system_says_is_told(code: int, kind: type[WinslowError], reason: str) -> None:
    with pytest.raises(kind) as caught, about("projects/p/input/a"):
        raise OSError(code, os.strerror(code), "/var/lib/winslow/somewhere")
    assert (caught.value.reason, caught.value.subject) == (reason, "projects/p/input/a")
    assert caught.value.hint
    assert "/var/lib" not in str(caught.value)


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_error_number_is_told(code: int) -> None:
    error = translate(OSError(code, os.strerror(code)), "projects/p/{x}/100%")
    assert error.reason
    assert isinstance(error, Internal) or error.hint


def test_an_error_of_ours_passes_as_it_is() -> None:
    mine = Unavailable("mine", reason="MINE")
    with pytest.raises(Unavailable) as caught, about("path"):
        raise mine
    assert caught.value is mine
