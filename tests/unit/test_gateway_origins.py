"""Pages of other sites cannot act here, whatever they make a browser send; those that the settings name may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from winslow.errors import PermissionDenied
from winslowd.gateway.origins import Origins

OURS = Origins.of(["Winslow.example"], ["https://dashboard.example"])
HERE = {"host": "127.0.0.1:7412"}
FOLLOWED = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def refused(method: str = "POST", **headers: str) -> str | None:
    """Why."""
    try:
        OURS.require(method, HERE | {name.replace("_", "-"): value for name, value in headers.items()})
    except PermissionDenied as error:
        return error.reason
    return None


class TestAHostName:
    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1:7412", "[::1]:7412", "localhost", "LOCALHOST:1", "winslow.example:80", "10.1.2.3", "localhost."],
    )
    def test_that_is_ours_or_an_address_is_served(self, host: str) -> None:
        assert refused(host=host) is None

    @pytest.mark.parametrize(
        "host",
        ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "winslow.example.evil", "@", "[", " "],
    )
    def test_behind_which_somebody_hid_our_address_is_not(self, host: str) -> None:
        assert refused(host=host) == "HOST_UNKNOWN"

    @given(st.text(alphabet="abc[]:@/.%1 ", min_size=1, max_size=12))
    def test_is_ours_or_refused_whatever_it_is(self, host: str) -> None:
        assert refused(host=host) in (None, "HOST_UNKNOWN")


class TestAnotherSitesPage:
    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:7412", "file://", "x"]
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE"])
    def test_is_refused_by_its_origin(self, method: str, origin: str) -> None:
        assert refused(method, origin=origin) == "ORIGIN_REFUSED"

    def test_is_refused_by_its_origin_where_no_host_is_said(self) -> None:
        with pytest.raises(PermissionDenied):
            OURS.require("POST", {"origin": "null"})

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    @pytest.mark.parametrize("dest", ["image", "script", "iframe", "object", "embed", "empty", "video"])
    def test_that_names_no_origin_is_refused_where_the_browser_tells(self, site: str, dest: str) -> None:
        mode = "navigate" if dest in ("iframe", "object", "embed") else "no-cors"
        assert refused("GET", sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest) == "ORIGIN_REFUSED"

    def test_may_lead_here_and_not_post_here(self) -> None:
        headers = {name.replace("-", "_"): value for name, value in FOLLOWED.items()}
        assert refused("GET", **headers) is None
        assert refused("POST", **headers) == "ORIGIN_REFUSED"

    def test_is_told_nothing_that_would_let_it_read_an_answer(self) -> None:
        assert "Access-Control-Allow-Origin" not in OURS.told({"origin": "https://evil.example"})
        assert Origins().told({"origin": "https://evil.example"}) == {}


class TestOurOwnPage:
    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_acts(self, site: str) -> None:
        assert refused(origin="http://127.0.0.1:7412", sec_fetch_site=site, sec_fetch_dest="empty") is None

    def test_acts_behind_a_proxy_that_speaks_https_under_our_name(self) -> None:
        assert refused(host="winslow.example", origin="https://winslow.example") is None


WELCOME = {"origin": "https://dashboard.example", "sec-fetch-site": "cross-site", "sec-fetch-dest": "empty"}


class TestAWelcomeOrigin:
    def test_acts_and_reads(self) -> None:
        OURS.require("POST", HERE | WELCOME)
        told = OURS.told(WELCOME)
        assert told["Access-Control-Allow-Origin"] == "https://dashboard.example"
        assert "Access-Control-Allow-Credentials" not in told

    def test_is_asked_for_by_a_browser_first(self) -> None:
        assert OURS.asks_first("OPTIONS", WELCOME | {"access-control-request-method": "POST"})
        assert not OURS.asks_first("OPTIONS", WELCOME)  # a tus client asks what there is

    def test_does_not_reach_us_under_a_name_that_is_not_ours(self) -> None:
        with pytest.raises(PermissionDenied):
            OURS.require("POST", WELCOME | {"host": "evil.example"})

    def test_makes_caches_keep_answers_apart(self) -> None:
        assert OURS.told({})["Vary"] == "Origin"
