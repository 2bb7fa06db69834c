"""The daemon's command line: `winslowd --config FILE` on a real node, `winslowd dev` on one machine."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import resource
import sys
from pathlib import Path

from winslow import __version__
from winslow.errors import WinslowError

COLLECT = (100_000, 20, 100)
"""New objects between two searches for garbage that refers to itself, and how seldom the old are searched too.

All that a daemon has seen of the cluster is old, large and refers to nothing new: with Python's own figures (700, 10, 10)
an award cost a leader twice as much with 10,000 stages in sight as with 1,000.
"""
DESCRIPTORS = 1 << 16
WEB = "127.0.0.1:7412"
LEVELS = ("debug", "info", "warning", "error")
EXAMPLES = """\
  winslowd dev --http                           everything on this machine, with the web UI
  winslowd --config /etc/winslow/winslowd.yaml  a node of a cluster"""


def main() -> None:
    """Exit codes: 0 stopped in good order, 1 it could not run (the message says why), 2 usage."""
    arguments = _parser().parse_args()
    gc.set_threshold(*COLLECT)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its core writes to stderr in a form of its own
    for unneeded in ("rich", "greenlet"):  # structlog would load their 9 MB where they happen to be installed
        sys.modules[unneeded] = None  # type: ignore[assignment]
    _may_open_many()
    try:
        _run(arguments)
    except KeyboardInterrupt:  # before anything was begun
        sys.exit(130)
    except WinslowError as error:
        print(f"winslowd: {error}", file=sys.stderr)
        sys.exit(1)


def _may_open_many() -> None:
    """As many files and connections as the system lets us: the 1,024 that it begins with are fewer than a thousand nodes and people."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if resource.RLIM_INFINITY != soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="winslowd",
        description="The Winslow daemon: one on every node.",
        epilog=f"examples:\n{EXAMPLES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"winslowd {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings of a real node (YAML)")
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        metavar="LEVEL",
        help=f"{', '.join(LEVELS)}; by default info, or warning for dev on a terminal",
    )
    words = parser.add_subparsers(dest="word", metavar="COMMAND", title="commands")
    everything = "run everything on this machine: an etcd, files in a directory, stages in Docker"
    dev = words.add_parser("dev", help=everything, description=f"{everything[0].upper()}{everything[1:]}.")
    dev.add_argument(
        "--directory", type=Path, metavar="DIR", help="where it keeps everything (default: ~/.winslow/dev)"
    )
    dev.add_argument(
        "--listen", metavar="HOST:PORT", help="a TCP address beside the socket, for other machines or programs"
    )
    dev.add_argument(
        "--http",
        metavar="HOST:PORT",
        nargs="?",
        const=WEB,
        help=f"serve the web UI, on loopback (default: {WEB}); whoever may use this machine may use it then",
    )
    dev.add_argument("--cpus", type=float, metavar="N", help="cores that stages may use (default: all of them)")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    from winslowd import app, config

    if arguments.word == "dev":
        directory = (arguments.directory or app.dev_directory()).resolve()
        listen = (arguments.listen,) if arguments.listen else ()
        watched = sys.stderr.isatty()
        _log(arguments.log_level or ("warning" if watched else "info"))
        http = (arguments.http,) if arguments.http else ()
        asyncio.run(app.dev(directory, listen, http, arguments.cpus, tell=_tell if watched else lambda _: None))
        return
    if arguments.config is None and "WINSLOW_VOLUME" not in os.environ:
        print(
            "winslowd: nothing to do yet. Try it on this machine, or run a node:", EXAMPLES, sep="\n", file=sys.stderr
        )
        sys.exit(2)
    settings = config.load(arguments.config)
    _log(arguments.log_level or settings.log_level)
    asyncio.run(app.serve(settings))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _log(level: str) -> None:
    """One line an event on stderr: readable on a terminal, JSON elsewhere."""
    import structlog

    number = logging.getLevelNamesMapping()[level.upper()]
    watched = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if watched else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S" if watched else "iso", utc=not watched),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


if __name__ == "__main__":
    main()
