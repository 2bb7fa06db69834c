"""What the daemon asks of the system for itself."""

from __future__ import annotations

import subprocess
import sys

ASK = """
import resource
from winslowd.__main__ import _may_open_many
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
_may_open_many()
soft, after = resource.getrlimit(resource.RLIMIT_NOFILE)
assert after == hard and soft >= min(hard, 65536) > 256, (soft, after, hard)
"""


def test_it_may_open_as_many_files_as_the_system_lets_it() -> None:
    """In a process of its own, whose limits are nobody else's."""
    subprocess.run([sys.executable, "-c", ASK], check=True, timeout=60)
