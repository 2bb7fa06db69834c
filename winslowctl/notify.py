"""`winslowctl notify`: who is told what, by webhook or by e-mail."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from winslow.errors import FailedPrecondition, InvalidArgument
from winslow.v1.subscription_pb2 import Occasion, Subscription
from winslowctl import completion, references
from winslowctl.arguments import YES, confirm
from winslowctl.command import Noun
from winslowctl.references import last
from winslowctl.render import human
from winslowctl.render.show import Column, show, show_list
from winslowctl.render.style import Painted, paint, plain
from winslowctl.session import client

app = Noun("Be told, by webhook or e-mail, when somebody is waited for, when something fails or ends.")

OCCASIONS = {
    "waiting": Occasion.OCCASION_AWAITING_INPUT,
    "failed": Occasion.OCCASION_FAILED,
    "succeeded": Occasion.OCCASION_SUCCEEDED,
    "node-lost": Occasion.OCCASION_NODE_LOST,
    "storage": Occasion.OCCASION_STORAGE_WARNING,
}
WORDS = {value: word for word, value in OCCASIONS.items()}
SECRET = "WINSLOW_NOTIFY_SECRET"  # noqa: S105 - the name of a variable
NAME = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its id, as 'notify list' shows it.")]


@app.verb("list")
def list_subscriptions() -> None:
    """List who is told what, and whether it arrives."""
    show_list(client().subscriptions.list(), _COLUMNS, "Nobody is told. Add one: winslowctl notify add URL-OR-EMAIL")


@app.verb("add")
def add(
    place: Annotated[str, typer.Argument(metavar="URL-OR-EMAIL", help="A webhook that gets a POST, or an address.")],
    on: Annotated[
        list[str] | None,
        typer.Option(
            "--on", metavar="OCCASION", help=f"Of what: {', '.join(OCCASIONS)}; 'waiting' and 'failed' if unset."
        ),
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", help="Only of this one.", autocompletion=completion.projects)
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only of projects with one of these tags.")] = None,
    secret_file: Annotated[
        str | None,
        typer.Option(
            "--secret-file", metavar="FILE", help=f"Its first line signs webhooks; '-' is stdin. Or set {SECRET}."
        ),
    ] = None,
) -> None:
    """Have somebody told of what happens from now on.

    Example:  winslowctl notify add https://chat.example.org/hooks/winslow --on waiting --on failed
    """
    is_mail = "@" in place and "://" not in place
    made = client().subscriptions.create(
        [_occasion(word) for word in on or ("waiting", "failed")],
        url="" if is_mail else place,
        email=place if is_mail else "",
        secret="" if is_mail else _secret(secret_file),
        project=references.project(client(), project).name if project else "",
        tags=tag or (),
    )
    show(made, lambda: [f"{plain(place)} is told from now on; try it: winslowctl notify test {last(made.name)}"])


@app.verb("remove")
def remove(name: NAME, yes: YES = False) -> None:
    """Tell somebody nothing any more."""
    found = _found(name)
    confirm(f"Tell {plain(_place(found))} nothing any more?", yes)
    client().subscriptions.delete(found.name)
    show(found, lambda: [f"{plain(_place(found))} is told nothing any more"])


@app.verb("test")
def test(name: NAME) -> None:
    """Send a test now; fails when it does not arrive."""
    answer = client().subscriptions.test(_found(name).name)
    if answer.last_error:
        raise FailedPrecondition(
            f"The test did not arrive: {answer.last_error}",
            reason="TELLING_FAILED",
            subject=answer.name,
            hint="docs/notifications.md says what may be in the way",
        )
    show(answer, lambda: [f"{plain(_place(answer))} has taken it"])


def _occasion(word: str) -> Occasion:
    """Raises InvalidArgument (OCCASION_UNKNOWN)."""
    if word not in OCCASIONS:
        raise InvalidArgument(
            f"{word!r} is no occasion", reason="OCCASION_UNKNOWN", subject=word, hint=f"Write {', '.join(OCCASIONS)}"
        )
    return OCCASIONS[word]


def _secret(file: str | None) -> str:
    """Never an argument, which everybody on the machine could read."""
    if file is None:
        return os.environ.get(SECRET, "")
    try:
        text = sys.stdin.readline() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not text'}",
            reason="SECRET_UNREADABLE",
            subject=file,
            hint="Give a file whose first line is the secret",
        ) from None
    return text.partition("\n")[0].strip()


def _found(name: str) -> Subscription:
    """By its id or by where it tells. Raises InvalidArgument (SUBSCRIPTION_UNKNOWN)."""
    all_ = list(client().subscriptions.list())
    mine = [one for one in all_ if name in (one.name, last(one.name), _place(one))]
    if len(mine) != 1:
        raise InvalidArgument(
            f"There is {'no' if not mine else 'more than one'} subscription {name!r}",
            reason="SUBSCRIPTION_UNKNOWN",
            subject=name,
            hint="See what there is with: winslowctl notify list",
        )
    return mine[0]


def _place(one: Subscription) -> str:
    return one.url or one.email


def _state(one: Subscription) -> Painted:
    if one.disabled:
        return paint("off", "dim")
    if one.last_error:
        return paint(f"failing since {human.when(one.failing_since)}", "red")
    return paint("arrives", "green") if one.HasField("last_attempt_time") else paint("")


def _narrowed(one: Subscription) -> str:
    return ", ".join([*([last(one.project)] if one.project else []), *one.tags])


_COLUMNS = (
    Column("ID", lambda one: last(one.name)),
    Column("TELLS", _place),
    Column("OF", lambda one: ", ".join(WORDS.get(occasion, str(occasion)) for occasion in one.occasions)),
    Column("ONLY", _narrowed),
    Column("STATE", _state),
    Column("LAST", lambda one: human.when(one.last_attempt_time)),
    Column("WRONG", lambda one: one.last_error),
)
