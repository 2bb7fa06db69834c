"""What the senders of uploads promised: remembered in the store beside the requests, for a day after it was last kept.

It knows where a promise lies and how it is written; what becomes of it is `winslowd.usecases.uploads`'.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

from winslow.domain.principal import Principal
from winslow.domain.records import Done, Kind, Lifetime, Put, Ref
from winslow.domain.view import View
from winslow.errors import NotFound

PREFIX = "upload-"


@dataclass(frozen=True, slots=True)
class Promise:
    """What a sender said; `sha256` "" when it is said at the commit, `size` UNSAID when it is said later.

    `committed` once the file was shown. A `partial` is shown by none: it is for others to join, as `parts` (ids).
    `told` is what the sender wants to be told again.
    """

    path: str
    size: int
    sha256: str
    by: str
    replace: bool = False
    committed: bool = False
    partial: bool = False
    parts: tuple[str, ...] = ()
    told: str = ""


def ref(id_: str) -> Ref:
    return Ref(Kind.REQUEST, f"{PREFIX}{id_}")


def put(id_: str, promise: Promise) -> Put:
    """What is as ever is not written, so that a daemon of an older version reads what it knows."""
    written = asdict(promise)
    for name in _NEWER:
        if not written[name]:
            del written[name]
    return Put(ref(id_), Done("", json.dumps(written)), Lifetime.REQUEST)


def read(view: View, id_: str) -> Promise | None:
    found = view.get(ref(id_))
    if found is None:
        return None
    assert isinstance(found.value, Done)
    said = {name: value for name, value in json.loads(found.value.answer).items() if name in _KNOWN}
    return Promise(**{**said, "parts": tuple(said.get("parts", ()))})


def known(view: View, asker: Principal, id_: str) -> Promise:
    """The promise of an upload that the asker began. Raises NotFound (UPLOAD_UNKNOWN)."""
    found = read(view, id_)
    if found is None or found.by != asker.name:
        raise NotFound(
            f"There is no upload {id_!r}",
            reason="UPLOAD_UNKNOWN",
            subject=f"uploads/{id_}",
            hint="It was cancelled or is older than a day: begin it again",
        )
    return found


def under_way(view: View) -> dict[str, Promise]:
    """Everybody's that were not shown yet, by id."""
    ids = [key.removeprefix(PREFIX) for key in view.all(Kind.REQUEST) if key.startswith(PREFIX)]
    found = {id_: promise for id_ in sorted(ids) if (promise := read(view, id_))}
    return {id_: promise for id_, promise in found.items() if not promise.committed}


_KNOWN = frozenset(field.name for field in fields(Promise))
_NEWER = ("partial", "parts", "told")
