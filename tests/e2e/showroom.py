"""The demonstration as people see it after a while: something cached, played, pinned, listed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from tests.conftest import Installation
from tests.e2e.browsing import DESKTOP, signed_in
from tests.serving import serving
from tests.waiting import until

SIGN_IN = re.compile(r"user (\S+), password (\S+)")
PATIENCE = 120.0
"""Seconds until the demonstration's first cycle is over on a busy machine."""
STOCK: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/api/lists", {"preset": "stevenlu.popular.movies"}),
    ("/api/replay", {"sets": [{"cache_limit": "1MB"}], "others": True}),
)
"""What the demonstration's household has not done by itself: where it is sent, and what."""


@dataclass(frozen=True, slots=True)
class Showroom:
    """An address, and how to sign in there."""

    url: str
    user: str
    password: str

    @contextmanager
    def visited(
        self, browser: Browser, size: tuple[int, int] = DESKTOP, *, dark: bool = False
    ) -> Iterator[BrowserContext]:
        """A browser profile with the admin signed in."""
        with signed_in(browser, self.url, size, dark=dark, user=self.user, password=self.password) as context:
            yield context


@contextmanager
def showroom(installation: Installation, browser: Browser) -> Iterator[Showroom]:
    """The demonstration, served and stocked."""
    own = installation.directory / "showroom"
    own.mkdir()
    with serving(installation, "--demo", extra={"TMPDIR": str(own)}) as served:
        url = f"http://127.0.0.1:{served.port}"
        (sign_in,) = until(lambda: SIGN_IN.findall(served.text), "the password")
        shown = Showroom(url, *sign_in)
        with shown.visited(browser) as context:
            until(lambda: _cached(context) >= 3, "something to be cached", PATIENCE)
            for path, body in STOCK:
                _send(context, path, body)
            _send(context, "/api/pins", {"rating_key": _film(context)})
            until(lambda: _get(context, "/api/status")["cycle"]["state"] == "completed", "the cycle's end", PATIENCE)
        yield shown


def _get(context: BrowserContext, path: str) -> Any:
    answer = context.request.get(path)
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"
    return answer.json()["data"]


def _send(context: BrowserContext, path: str, body: dict[str, Any]) -> None:
    (token,) = [cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken"]
    answer = context.request.post(path, data=body, headers={"X-CSRFToken": token, "Referer": path})
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"


def _cached(context: BrowserContext) -> int:
    return int(_get(context, "/api/status")["stats"]["files_cached"])


def _film(context: BrowserContext) -> str:
    return str(_get(context, "/api/library/search?q=sundial")["items"][0]["rating_key"])
