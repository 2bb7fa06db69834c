"""`scripts/bench NAME...` prints a table; with `--json` one object a line."""

from __future__ import annotations

import argparse
import importlib
import sys

from bench.figures import table

NAMES = (
    "chain",
    "backlog",
    "logs",
    "idle",
    "restart",
    "start",
    "launcher",
    "failover",
    "submit",
    "sweep",
    "scale",
    "history",
    "archives",
    "workspace",
    "transfer",
    "copying",
    "listing",
    "degraded",
    "fence",
    "ui",
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures Winslow against floors in the same run."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; all of them by default")
    parser.add_argument("--json", action="store_true", help="one object a line: name, unit, value, floor, ratio, runs")
    parser.add_argument(
        "--small", action="store_true", help="start, ui: with a twentieth of the projects, for a quick look"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no benchmark called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in arguments.names or NAMES:
        print(f"measuring {name} ...", file=sys.stderr)
        options = {"small": True} if arguments.small and name in ("start", "ui") else {}
        figures = importlib.import_module(f"bench.{name}").measure(**options)
        print("\n".join(figure.as_json() for figure in figures) if arguments.json else table(figures), flush=True)


if __name__ == "__main__":
    main()
