"""Winslow runs long, staged, containerised data pipelines on a cluster, with people in the loop.

This package is the ground floor that the daemon, the CLI and users' own scripts share: the pure core
(`winslow.domain`), the ports (`winslow.ports`), the wire tables (`winslow.wire`) and the Python SDK
(`winslow.client`).
"""

__version__ = "0.1.0"
