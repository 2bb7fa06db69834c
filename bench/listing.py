"""How long a person waits for a directory of a million files: its first page, the next, all of it; and for a search.

Through a real daemon on a plain directory, over gRPC. The floors are what ask the same of the file system in the same run: the
aim of 100 ms for a first page, a scan with stat of as many names for the next, `os.scandir` with stat for the whole,
and `find -iname` for the search. A page has 1,000 entries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, median
from tests.daemon import Daemon
from winslow.client.calls import Calls
from winslow.v1 import file_service_pb2 as pb

MILLION = 1_000_000
SEARCHED = 100_000
PAGE = 1000
RUNS = 7
AIM = 100.0
"""Milliseconds of a first page."""


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="winslow-bench-") as home, Daemon(Path(home, "dev")) as daemon:
        top = daemon.files / "resources"
        million, searched = top / "million", top / "searched"
        try:
            _fill(million, MILLION, MILLION)
            _fill(searched, SEARCHED, 1000)
            calls = Calls(daemon.address)
            return [*_listed(calls, million), _found(calls, searched)]
        finally:
            shutil.rmtree(million, ignore_errors=True)
            shutil.rmtree(searched, ignore_errors=True)


def _listed(calls: Calls, million: Path) -> list[Figure]:
    def page(token: str = "") -> pb.ListFilesResponse:
        request = pb.ListFilesRequest(path="resources/million", page_size=PAGE, page_token=token)
        return calls.unary("FileService/ListFiles", request, pb.ListFilesResponse)

    token = page().next_page_token
    first = [_milliseconds(page) for _ in range(RUNS)]
    following = [_milliseconds(lambda: page(token)) for _ in range(RUNS)]
    floor = [_milliseconds(lambda: _first_names(million)) for _ in range(RUNS)]
    began = time.perf_counter()
    count = _walked(page)
    whole = time.perf_counter() - began
    assert count == MILLION, count
    began = time.perf_counter()
    _scanned(million)
    scanned = time.perf_counter() - began
    return [
        Figure("listing.first_page", "ms", median(first), AIM, RUNS),
        Figure("listing.next_page", "ms", median(following), median(floor), RUNS),
        Figure("listing.whole", "s", whole, scanned, 1),
    ]


def _found(calls: Calls, searched: Path) -> Figure:
    def search() -> None:
        request = pb.SearchFilesRequest(path="resources/searched", query="*99999*", page_size=PAGE)
        found: list[str] = []
        while True:
            answer = calls.unary("FileService/SearchFiles", request, pb.SearchFilesResponse)
            found += [one.path for one in answer.files]
            request.page_token = answer.next_page_token
            if not request.page_token:
                break
        assert len(found) == 1, found

    times = [_milliseconds(search) for _ in range(RUNS)]
    command = ["find", str(searched), "-iname", "*99999*"]
    floor = [_milliseconds(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(RUNS)]
    return Figure("listing.search", "ms", median(times), median(floor), RUNS)


def _walked(page: Callable[[str], pb.ListFilesResponse]) -> int:
    """All pages, one after another."""
    count, token = 0, ""
    while True:
        answer = page(token)
        count += len(answer.files)
        token = answer.next_page_token
        if not token:
            return count


def _first_names(directory: Path) -> None:
    """What the first thousand names cost without us: no sorting, and a look at each."""
    with os.scandir(directory) as entries:
        for count, entry in enumerate(entries, start=1):
            entry.stat(follow_symlinks=False)
            if count == PAGE:
                return


def _scanned(directory: Path) -> None:
    with os.scandir(directory) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)


def _fill(top: Path, count: int, each: int) -> None:
    """`count` empty files, `each` in a directory."""
    for start in range(0, count, each):
        directory = top if each == count else top / f"{start // each:04}"
        directory.mkdir(parents=True)
        fd = os.open(directory, os.O_RDONLY)
        try:
            for number in range(start, start + each):
                os.close(os.open(f"frame-{number:07}.jpg", os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd))
        finally:
            os.close(fd)


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
