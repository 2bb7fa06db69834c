"""What a subscriber reads: a message as JSON for programs, and as a mail for people. Pure; docs/notifications.md promises both.

Names and reasons are other people's text: in JSON they are strings, in a mail plain lines without control characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from winslow.domain.notices import Message
from winslow.domain.subscription import Notice, Occasion

VERSION = 1
SUBJECT_MAX = 150

PLURAL = {
    Occasion.AWAITING_INPUT: ("somebody is waited for", "gates wait for somebody"),
    Occasion.FAILED: ("a project failed", "projects failed"),
    Occasion.SUCCEEDED: ("a project is done", "projects are done"),
    Occasion.NODE_LOST: ("a node is lost", "nodes are lost"),
    Occasion.STORAGE_WARNING: ("the storage warns", "warnings of the storage"),
}
TODO = {
    Occasion.AWAITING_INPUT: "Look at what is asked, and answer it",
    Occasion.FAILED: "See why; then try again, change a parameter, or skip it",
    Occasion.SUCCEEDED: "Look at the results",
    Occasion.NODE_LOST: "Look at the machine; its stages are tried elsewhere",
    Occasion.STORAGE_WARNING: "Make room, or look at the servers behind it",
}


@dataclass(frozen=True, slots=True)
class Home:
    """Who tells: the cluster's name, and where its pages are ("" where nobody said; then there are no links)."""

    cluster: str
    web: str = ""

    def link(self, path: str) -> str:
        return f"{self.web.rstrip('/')}{path}" if self.web else ""


def as_json(message: Message, home: Home) -> bytes:
    """The body of a webhook."""
    return json.dumps(
        {
            "version": VERSION,
            "id": message.id,
            "subscription": f"subscriptions/{message.subscription.id}",
            "cluster": home.cluster,
            "time": _time(message.at),
            "test": message.test,
            "text": summary(message),
            "count": message.count,
            "counts": {occasion.value: count for occasion, count in message.counts.items()},
            "notices": [_notice(one, home) for one in message.notices],
            "link": home.link("/projects"),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "replace")


def _notice(one: Notice, home: Home) -> dict[str, Any]:
    project = f"projects/{one.project}" if one.project else ""
    return {
        "id": one.id,
        "occasion": one.occasion.value,
        "time": _time(one.at),
        "text": one.text,
        "project": project,
        "project_display_name": one.project_name,
        "tags": sorted(one.tags),
        "run": f"{project}/runs/{one.run}" if one.run else "",
        "definition": one.definition or "",
        "stage": f"{project}/stages/{one.stage}" if one.stage else "",
        "node": f"nodes/{one.node}" if one.node else "",
        "link": home.link(one.path),
    }


def summary(message: Message) -> str:
    """All of it in one line."""
    if message.test:
        return "This is a test: notices arrive here"
    if message.count == 1:
        return _line(message.notices[0].text)
    said = (f"{count} {PLURAL[one][1]}" if count > 1 else PLURAL[one][0] for one, count in message.counts.items())
    return ", ".join(said)


def as_mail(message: Message, home: Home, sender: str) -> EmailMessage:
    """A mail in plain text. The same message has the same Message-ID, so that what comes twice can be seen to."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = message.subscription.email
    mail["Subject"] = _line(f"[{home.cluster}] {summary(message)}")[:SUBJECT_MAX]
    mail["Date"] = datetime.fromtimestamp(message.at, UTC)
    mail["Message-ID"] = f"<{message.id}@{home.cluster}.winslow.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(_lines(message, home)), charset="utf-8")
    return mail


def _lines(message: Message, home: Home) -> Iterator[str]:
    if message.test:
        yield "This is a test that somebody asked for: notices of Winslow arrive here."
    for one in message.notices:
        yield _line(one.text)
        yield f"  {TODO[one.occasion]}."
        yield f"  {_time(one.at)}"
        if link := home.link(one.path):
            yield f"  {link}"
        yield ""
    if message.count > len(message.notices):
        yield f"{message.count - len(message.notices)} more happened before these."
        yield ""
    yield f"You get this from the cluster {home.cluster}. What you are told of, and where, is yours to change:"
    yield home.link("/settings?tab=notifications") or "winslowctl notify list"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(text: str) -> str:
    """One line without control characters, whatever somebody called a project."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
