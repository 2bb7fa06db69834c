"""The daemon's command line: `winslowd --config FILE` on a real node, `winslowd dev` on one machine."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

import structlog

from winslow import __version__
from winslow.errors import WinslowError


def main() -> None:
    """Exit codes: 0 stopped in good order, 1 it could not run (the message says why), 2 usage."""
    arguments = _parser().parse_args()
    try:
        _run(arguments)
    except WinslowError as error:
        print(f"winslowd: {error}", file=sys.stderr)
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="winslowd", description="The Winslow daemon: one on every node.")
    parser.add_argument("--version", action="version", version=f"winslowd {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings of a real node (YAML)")
    parser.add_argument("--log-level", default=None, metavar="LEVEL", help="debug, info (default), warning, error")
    words = parser.add_subparsers(dest="word", metavar="")
    dev = words.add_parser("dev", help="run everything on this machine: etcd, files in a directory, Docker")
    dev.add_argument("--directory", type=Path, default=None, metavar="DIR", help="where it keeps everything")
    dev.add_argument("--listen", default=None, metavar="HOST:PORT", help="a TCP address beside the socket")
    dev.add_argument("--cpus", type=float, default=None, help="cores that stages may use; all of them by default")
    return parser


def _run(arguments: argparse.Namespace) -> None:
    from winslowd import app, config

    if arguments.word == "dev":
        directory = (arguments.directory or app.dev_directory()).resolve()
        listen = (arguments.listen,) if arguments.listen else ()
        level = arguments.log_level or "info"
        _log(level)
        asyncio.run(app.dev(directory, listen, arguments.cpus))
        return
    if arguments.config is None and "WINSLOW_VOLUME" not in os.environ:
        print("winslowd: say `winslowd dev` to try it on this machine, or --config FILE for a node", file=sys.stderr)
        sys.exit(2)
    settings = config.load(arguments.config)
    _log(arguments.log_level or settings.log_level)
    asyncio.run(app.serve(settings))


def _log(level: str) -> None:
    """One line an event on stderr: readable on a terminal, JSON elsewhere."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
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
