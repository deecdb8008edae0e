"""Every page that a person can reach by following links, found by following them."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page

STARTS = ("/admin/", "/setup/")
NOT_PAGES = ("logout", "jsi18n", "view_on_site", "autocomplete")
"""Addresses that end the visit, or that scripts ask for."""
FOLLOWED = "elements => elements.map(element => element.href)"


@dataclass(frozen=True, slots=True)
class Found:
    """A page, and the name of its address: one film's page stands for those of all films."""

    name: str
    path: str


def pages(page: Page, url: str) -> Iterator[Found]:
    """The tab goes from page to page, and stands on each while the caller looks at it.

    Pages that answer with a file to be kept, or with an error, are told by the caller's own look.
    """
    waiting, seen = deque(filter(None, map(_named, STARTS))), set[str]()
    while waiting:
        found = waiting.popleft()
        if found.name in seen:
            continue
        seen.add(found.name)
        answer = page.request.get(url + found.path, max_redirects=0)
        if not answer.ok or not answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.status < 400, f"{found.path} answers {answer.status}"
            continue
        page.goto(url + found.path)
        yield found
        links = page.locator("a[href]").evaluate_all(FOLLOWED)
        waiting.extend(_inside(links, url, found.path))


def _inside(links: list[str], url: str, path: str) -> Iterator[Found]:
    for link in links:
        address = urljoin(url + path, link)
        if address.startswith(url + "/") and (found := _named(urlsplit(address).path)):
            yield found


def _named(path: str) -> Found | None:
    try:
        match = resolve(path)
    except Resolver404:
        return None
    name = match.view_name
    if any(part in name for part in NOT_PAGES) or path.startswith(("/api/", "/static/")):
        return None
    return Found(name, path)
