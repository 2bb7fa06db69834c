"""Whose page makes a request, and whether it may: pure, of the headers that browsers send and pages cannot forge.

A page of another site must not act through the browser of somebody who can reach this daemon. What names another origin is
refused, and so is a host name that is not ours, behind which a name server may have hidden our address; where a browser says
that another site's page asks, even without an origin, it may only lead here. Origins that the settings name are welcome.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from winslow.errors import PermissionDenied

METHODS = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"
ASKED = (
    "content-type, range, if-match, if-none-match, if-range, "
    "x-grpc-web, x-user-agent, grpc-timeout, "
    "tus-resumable, upload-length, upload-defer-length, upload-offset, upload-metadata, upload-checksum, upload-concat, "
    "x-http-method-override"
)
"""Headers that pages of welcome origins may send beside those that any may."""
TOLD = (
    "grpc-status, grpc-message, grpc-status-details-bin, winslow-stale, retry-after, "
    "accept-ranges, content-disposition, content-length, content-range, etag, last-modified, repr-digest, "
    "location, tus-resumable, tus-version, tus-extension, tus-max-size, tus-checksum-algorithm, "
    "upload-offset, upload-length, upload-defer-length, upload-metadata, upload-expires, upload-concat"
)
"""Headers of answers that they may read."""
REMEMBERED = "600"
"""Seconds for which a browser need not ask again whether it may."""
_HOST = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:@/\s]+?)\.?)(?::\d{0,5})?")
"""A host, which may be an address in brackets, and its port."""
_STRANGERS = frozenset({"cross-site", "same-site"})


@dataclass(frozen=True, slots=True)
class Origins:
    """`names` are the host names, beside addresses and localhost, under which we are called; `welcome` origins of other
    sites whose pages may ask here, as browsers write them: `https://host:port`.
    """

    names: frozenset[str] = frozenset()
    welcome: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Collection[str], welcome: Collection[str]) -> Origins:
        return cls(frozenset(name.lower() for name in names), frozenset(one.lower() for one in welcome))

    def require(self, method: str, headers: Mapping[str, str]) -> None:
        """Raises PermissionDenied (HOST_UNKNOWN, ORIGIN_REFUSED)."""
        host, origin = headers.get("host", ""), headers.get("origin", "")
        if host and not self._is_ours(host):
            raise _foreign(f"Nothing is served here under the name {host!r}", "HOST_UNKNOWN")
        if self.welcomes(headers):
            return
        if origin and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            raise _foreign(f"A page of {origin!r} must not act here", "ORIGIN_REFUSED")
        if headers.get("sec-fetch-site", "") in _STRANGERS and not _leads_here(method, headers):
            raise _foreign("A page of another site must not act here", "ORIGIN_REFUSED")

    def welcomes(self, headers: Mapping[str, str]) -> bool:
        """Whether a page of a welcome origin asks."""
        return headers.get("origin", "").lower() in self.welcome

    def told(self, headers: Mapping[str, str]) -> dict[str, str]:
        """What goes with an answer so that a page of a welcome origin may read it."""
        if not self.welcome:
            return {}
        if not self.welcomes(headers):
            return {"Vary": "Origin"}
        return {
            "Access-Control-Allow-Origin": headers["origin"],
            "Access-Control-Expose-Headers": TOLD,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Vary": "Origin",
        }

    def asks_first(self, method: str, headers: Mapping[str, str]) -> bool:
        """Whether a browser asks before a page of a welcome origin may."""
        return method == "OPTIONS" and self.welcomes(headers) and "access-control-request-method" in headers

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host.lower())
        name = (found[1] or found[2]) if found else ""
        if name == "localhost" or name in self.names:
            return True
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return False


def _leads_here(method: str, headers: Mapping[str, str]) -> bool:
    """Whether somebody followed a link to a page of ours: in a tab of its own, not in a frame of the other page."""
    navigates = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return method in ("GET", "HEAD") and navigates


def _foreign(message: str, reason: str) -> PermissionDenied:
    return PermissionDenied(
        message,
        reason=reason,
        hint="Use the address at which the daemon serves, or let its settings http_names and http_origins name others",
    )
