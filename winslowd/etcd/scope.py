"""Work that goes on while a scope is open: why every part of this adapter opens with `async with`.

A TaskGroup wraps whatever its body raises in a group; people who use a store or a lock want their own errors
back as they were. It knows nothing of etcd.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def alongside(name: str, *work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` in tasks called `name` while the body runs, and cancel what is left of it afterwards.

    The body's own error comes out bare. When work fails the body is cancelled and the failure comes out, in an
    ExceptionGroup.
    """
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each, name=name) for each in work]
        try:
            yield
        except Exception as error:
            failure = error
        for task in tasks:
            task.cancel()
    if failure is not None:
        raise failure
