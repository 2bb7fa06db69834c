"""Where subscribers want to be told, checked: addresses of webhooks and of mail, written by anybody.

Each function returns what is to be kept, or raises InvalidArgument with a reason and what to do instead. Where an address
leads is looked at by whoever goes there.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from winslow.errors import InvalidArgument

URL_MAX = 2000
EMAIL_MAX = 254
SECRET_MIN, SECRET_MAX = 16, 200
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


def webhook(url: str) -> str:
    """An address that a POST can go to (URL_INVALID): http or https, no login in it, nothing that a header could trip over."""
    fault = _fault_of_url(url)
    if fault:
        raise InvalidArgument(
            f"{'This address' if '@' in url else repr(url[:80])} cannot be told anything: it {fault}",
            reason="URL_INVALID",
            subject="url",
            hint=f"Write http://HOST/PATH or https://HOST/PATH, at most {URL_MAX} characters, everything else escaped",
        )
    return url


def _fault_of_url(url: str) -> str:
    if len(url) > URL_MAX:
        return "is too long"
    if not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        return "has characters that an address has not"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https"):
        return "is neither http nor https"
    if "@" in parts.netloc:
        return "has a login in it, which everybody could read"
    if not host or port == 0:
        return "names no host"
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\]", parts.netloc.removesuffix(f":{port}")):
        return "names no host"
    return "has a fragment, which is never sent" if parts.fragment else ""


def email(address: str) -> str:
    """One plain address (EMAIL_INVALID)."""
    local, _, _ = address.rpartition("@")
    if len(address) > EMAIL_MAX or len(local) > 64 or not _EMAIL.fullmatch(address):
        raise InvalidArgument(
            f"{address[:80]!r} is not an e-mail address",
            reason="EMAIL_INVALID",
            subject="email",
            hint="Write one address, NAME@HOST, without a name before it",
        )
    return address


def secret(text: str) -> str:
    """What signs webhooks, or "" for none (SECRET_INVALID). The error never repeats it."""
    if text and not (SECRET_MIN <= len(text) <= SECRET_MAX and re.fullmatch(r"[!-~]+", text)):
        raise InvalidArgument(
            "This cannot be a secret",
            reason="SECRET_INVALID",
            subject="secret",
            hint=f"Give {SECRET_MIN} to {SECRET_MAX} ASCII characters without spaces, random ones",
        )
    return text
