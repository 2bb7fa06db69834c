"""winslowctl: the command line. Parse, call `winslow.client`, render.

Nouns live in a module each and are loaded when they are named. Errors become one or two lines and an exit code here,
and nowhere else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from winslow.errors import WinslowError
from winslowctl import errors, session
from winslowctl.command import ADDRESS, OUTPUT, SETTINGS, LazyGroup, Place

PLACES = {
    "status": Place("status", "What goes on, and what to do next: of everything, or one project as a tree.", "status"),
    "project": Place("project", "Work items, usually one video each."),
    "pipeline": Place("pipeline", "Pipelines: named, versioned graphs of stages."),
    "run": Place("run", "Start, pause, resume, confirm, skip, redo."),
    "sweep": Place("sweep", "Try many values of parameters side by side."),
    "stage": Place("stage", "Single attempts, live and ended."),
    "workspace": Place("workspace", "What stages worked in, once they have ended."),
    "logs": Place("logs", "What a stage wrote.", "logs"),
    "explain": Place("stage", "Why a stage waits, and what each node says to it.", "explain"),
    "cp": Place("files", "Copy files: to, from and within Winslow.", "cp"),
    "ls": Place("looking", "List files.", "ls"),
    "mkdir": Place("files", "Make a directory.", "mkdir"),
    "mv": Place("files", "Move or rename a file.", "mv"),
    "rm": Place("files", "Delete files.", "rm"),
    "du": Place("looking", "How much a directory holds.", "du"),
    "cat": Place("looking", "Write a file to the terminal or a pipe.", "cat"),
    "find": Place("archives", "Find files by their names.", "find"),
    "unpack": Place("archives", "Unpack a zip or a tar where it lies.", "unpack"),
    "env": Place("env", "The environment of every stage in the cluster."),
    "limits": Place("limits", "How many stages users and projects may have at a time."),
    "retention": Place("retention", "Which workspaces are kept, and what would go."),
    "notify": Place("notify", "Be told when somebody is waited for, or when something fails or ends."),
    "node": Place("node", "Machines that run stages."),
    "nodes": Place("node", "Machines that run stages.", hidden=True),
    "statistics": Place("statistics", "What ran when, who took it and what was waited for.", "statistics"),
    "watch": Place("watch", "Show every change as it happens.", "watch"),
    "version": Place("version", "The versions of this program and of the daemon.", "version"),
}


class Commands(LazyGroup):
    places = PLACES


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
    epilog=errors.EPILOG,
)


def _say_version(asked: bool) -> None:
    if asked:
        from winslow import __version__

        typer.echo(f"winslowctl {__version__}")
        raise typer.Exit


@app.callback()
def winslowctl(
    _output: OUTPUT = None,
    _address: ADDRESS = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Work with Winslow: pipelines of containers over your files, with you in the loop.

    Begin with:  winslowctl status
    """


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and answer its exit code; what is wrong with it has been said."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC's own remarks are for developers of gRPC
    now = session.begin()
    try:
        answer: Any = typer.main.get_command(app).main(list(arguments), prog_name="winslowctl", standalone_mode=False)
        sys.stdout.flush()
        if answer == errors.ExitCode.INTERRUPTED:  # typer's own answer to Ctrl-C
            return errors.interrupted(now.if_interrupted)
    except WinslowError as error:
        return errors.report(error, now.format)
    except typer.TyperException as error:
        return errors.report_usage(error, now.format)
    except (typer.Abort, KeyboardInterrupt):
        return errors.interrupted(now.if_interrupted)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.ExitCode.OK
    finally:
        now.close()
    return answer if isinstance(answer, int) else 0


if __name__ == "__main__":
    main()
