"""What every noun and verb shares: the options that all commands have, and nouns that are loaded when they are named.

Start-up is what a person waits for most often, so `winslowctl --help` imports no noun, no gRPC and no rich.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from winslowctl.session import Format, current

F = TypeVar("F", bound=Callable[..., Any])

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


def _take_format(value: Format | None) -> None:
    if value is not None:
        current().format = value


def _take_address(value: str | None) -> None:
    if value is not None:
        current().address = value


OUTPUT = Annotated[
    Format | None,
    typer.Option(
        "--output",
        "-o",
        help="How to show the answer: table (default), json, yaml.",
        callback=_take_format,
        is_eager=True,
        expose_value=False,
        metavar="FORMAT",
    ),
]
ADDRESS = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="The daemon: host:port or unix:/path. Default: $WINSLOW_ADDRESS, else the local daemon.",
        callback=_take_address,
        is_eager=True,
        expose_value=False,
    ),
]


def shared_options(_output: OUTPUT = None, _address: ADDRESS = None) -> None:
    """The prototype whose options every command is given."""


def _shared_params() -> list[Any]:
    prototype = typer.Typer(add_completion=False)
    prototype.command()(shared_options)
    return list(typer.main.get_command(prototype).params)


class Verb(TyperCommand):
    """A command that takes the shared options wherever they stand."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        attributes["params"] = [*(attributes.get("params") or ()), *_shared_params()]
        super().__init__(name, **attributes)
        for param in self.params:
            _call_by_name(param)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] PROJECT [STAGE]`."""
        named = [(_shown(param), param) for param in self.get_params(ctx) if param.param_type_name == "argument"]
        return ["[OPTIONS]", *(name if param.required else f"[{name}]" for name, param in named)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Names and what they mean, without types: the words in capitals say what to write."""
        rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                name = _shown(param) if param.param_type_name == "argument" else record[0]
                rows[param.param_type_name].append((name, record[1].replace("[required]", "").rstrip()))
        for kind, records in rows.items():
            if records:
                with formatter.section(f"{kind.capitalize()}s"):
                    formatter.write_dl(records)


def _call_by_name(param: Any) -> None:
    """A word in capitals for each value that is to be written."""
    if param.metavar is None and not getattr(param, "is_flag", False):
        longest = max(param.opts, key=len) if param.opts else param.name
        param.metavar = longest.lstrip("-").upper()


def _shown(argument: Any) -> str:
    return f"{argument.metavar}{'...' if argument.nargs != 1 else ''}"


class Noun(typer.Typer):
    """A group of verbs, or a module's commands."""

    def __init__(self, help: str = "") -> None:
        super().__init__(
            help=help,
            no_args_is_help=True,
            add_completion=False,
            rich_markup_mode=None,
            pretty_exceptions_enable=False,
            context_settings=SETTINGS,
        )
        self.callback()(_nothing)  # a group even while it has one verb

    def verb(self, name: str, **settings: Any) -> Callable[[F], F]:
        """Like `command`, with the shared options. The first sentence of its docstring is its line in lists."""

        def register(function: F) -> F:
            sentence = " ".join((function.__doc__ or "").split()).partition(". ")[0].rstrip(".")
            short = f"{sentence}."
            return self.command(name, cls=Verb, context_settings=SETTINGS, short_help=short, **settings)(function)

        return register


def _nothing() -> None:
    """Nouns have no options of their own."""


class Place(NamedTuple):
    """Where a top-level command lives: a module of this package, its help, and the verb there unless it is a noun.

    A hidden one is another name of a command, for fingers that know it so.
    """

    module: str
    help: str
    verb: str = ""
    hidden: bool = False


class LazyGroup(TyperGroup):
    """Knows the names and helps of its commands, and imports one when it is called."""

    places: Mapping[str, Place] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, place in self.places.items():
            command = TyperCommand(
                name, short_help=place.help, help=place.help, rich_markup_mode=None, hidden=place.hidden
            )
            self.add_command(command)
        self._loaded: set[str] = set()

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self._load(args[0])
        return super().resolve_command(ctx, args)

    def _load(self, name: str) -> None:
        place = self.places.get(name)
        if place is None or name in self._loaded:
            return
        noun: Any = typer.main.get_command(importlib.import_module(f"winslowctl.{place.module}").app)
        self.add_command(noun.commands[place.verb] if place.verb else noun, name)
        self._loaded.add(name)
