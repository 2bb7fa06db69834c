"""The floor: the same containers through the bare Engine API, with nothing of Winslow in between."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from docker import APIClient


@dataclass(frozen=True, slots=True)
class Lap:
    """Seconds of one container's create and start, when it was asked for, and when its process began and ended by the
    engine's word (Unix seconds)."""

    asked: float
    create: float
    start: float
    began: float
    ended: float


def one(client: APIClient, image: str) -> Lap:
    """Create, start, wait, remove; no network, as a stage has by default."""
    name = f"winslow-bench-{uuid.uuid4().hex[:10]}"
    asked = time.time()
    at = time.perf_counter()
    host = client.create_host_config(network_mode="none")
    container = client.create_container(image, ["true"], name=name, host_config=host)["Id"]
    created = time.perf_counter()
    client.start(container)
    started = time.perf_counter()
    client.wait(container)
    state = client.inspect_container(container)["State"]
    client.remove_container(container)
    return Lap(asked, created - at, started - created, moment(state["StartedAt"]), moment(state["FinishedAt"]))


def chain(image: str, count: int) -> list[Lap]:
    """One after another."""
    client = APIClient(version="auto")
    return [one(client, image) for _ in range(count)]


def rate(image: str, count: int, together: int) -> float:
    """Containers a second, `together` at a time."""
    clients = [APIClient(version="auto") for _ in range(together)]
    at = time.perf_counter()
    with ThreadPoolExecutor(together) as pool:
        list(pool.map(lambda index: one(clients[index % together], image), range(count)))
    return count / (time.perf_counter() - at)


def until_gone(image: str) -> None:
    """Wait until the engine has no container of the image any more."""
    client = APIClient(version="auto")
    while client.containers(all=True, filters={"ancestor": image}):
        time.sleep(0.1)


def moment(text: str) -> float:
    """Unix seconds of the engine's nanosecond time."""
    whole, _, rest = text.rstrip("Z").partition(".")
    seconds = datetime.fromisoformat(whole + "+00:00").timestamp()
    return seconds + float(f"0.{rest or 0}")
