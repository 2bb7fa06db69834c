"""What proves to a webhook's receiver that a message is ours, and fresh: HMAC-SHA256 over the time and the body."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "Winslow-Signature"


def signature(secret: str, at: float, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: the HMAC, keyed with the secret, of the seconds, a dot and the body."""
    seconds = str(int(at))
    return f"t={seconds},v1={hmac.new(secret.encode(), seconds.encode() + b'.' + body, hashlib.sha256).hexdigest()}"
