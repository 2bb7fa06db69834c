"""What settings mean beyond what they say; what is wrong with them is told by tests/acceptance/test_node.py."""

from __future__ import annotations

import socket

import pytest

from winslow.errors import InvalidArgument
from winslowd.config import load


@pytest.mark.parametrize(
    ("listen", "advertise", "reached"),
    [
        (("10.0.0.1:7411",), "", "10.0.0.1:7411"),
        (("unix:/run/w.sock", "10.0.0.1:7411", "10.0.0.2:7411"), "", "10.0.0.1:7411"),
        (("0.0.0.0:7411",), "gpu-1.lab:80", "gpu-1.lab:80"),
        (("0.0.0.0:7411",), "", f"{socket.gethostname()}:7411"),
        (("[::]:7411",), "", f"{socket.gethostname()}:7411"),
        (("[fd00::1]:7411",), "", "[fd00::1]:7411"),
        (("unix:/run/w.sock",), "", "unix:/run/w.sock"),
    ],
)
def test_a_node_is_reached_where_others_can_call_it(listen: tuple[str, ...], advertise: str, reached: str) -> None:
    assert load(None, listen=listen, advertise=advertise).address == reached


def test_http_is_served_to_this_machine_only() -> None:
    near = ("127.0.0.1:7412", "[::1]:7412", "localhost:7412", "unix:/run/winslow/http.sock")
    assert load(None, http=near).http == near
    assert load(None).http == ()
    for far in ("0.0.0.0:7412", "node-1:7412", "[::]:7412", "nonsense"):
        with pytest.raises(InvalidArgument, match="http"):
            load(None, http=(far,))
