"""Answers for programs: the contract's messages as protobuf's JSON, names in snake_case, or the same as YAML."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from winslowctl.session import Format


def as_data(value: Any) -> Any:
    """Messages within lists and mappings too. Fields that are unset are left out, as protobuf's JSON does."""
    match value:
        case Message():
            return MessageToDict(value, preserving_proto_field_name=True)
        case dict():
            return {name: as_data(item) for name, item in value.items()}
        case str() | int() | float() | None:
            return value
        case Iterable():
            return [as_data(item) for item in value]
    raise TypeError(f"cannot show a {type(value).__name__}")


def write(value: Any, format: Format) -> None:
    """One document on stdout."""
    data = as_data(value)
    if format is Format.JSON:
        print(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        _yaml().dump(data, sys.stdout)


def write_all(items: Iterable[Any], format: Format) -> None:
    """One document that is a list, written as its items come."""
    if format is not Format.JSON:
        yaml, empty = _yaml(), True
        for item in items:
            yaml.dump([as_data(item)], sys.stdout)
            empty = False
        if empty:
            print("[]")
        return
    before = "["
    for item in items:
        text = json.dumps(as_data(item), indent=2, ensure_ascii=False)
        print(f"{before}\n{textwrap.indent(text, '  ')}", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


def write_each(value: Any, format: Format) -> None:
    """One of many documents as they come: a line of JSON, or YAML with a '---' before it."""
    if format is Format.JSON:
        print(json.dumps(as_data(value), ensure_ascii=False), flush=True)
    else:
        print("---")
        _yaml().dump(as_data(value), sys.stdout)
        sys.stdout.flush()


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    return yaml
