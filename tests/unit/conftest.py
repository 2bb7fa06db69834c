"""Fixtures of the unit tests."""

from tests.unit.cli import api, client, ctl  # noqa: F401 - pytest finds them by name
from tests.unit.house import hurried  # noqa: F401
