"""Who asks. Every use case takes the principal; `dev` has one local user, identity proper follows later."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a program that asks. `name` is recorded as author; `admin` may do anything."""

    name: str
    admin: bool = False


SYSTEM = Principal("winslow", admin=True)
"""Winslow itself, where a stage follows another or is tried again."""
