"""Lists of the own server: collections, playlists, labels and filters, by XML of Plex's shape served over HTTP."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import quoteattr

import pytest

from cacherr.errors import CacherrError, ConfigurationError
from cacherr.fetching import Fetcher
from importlists.asking import Asker
from importlists.contract import Entry, Media, Request
from importlists.reading import read
from plexusers.models import ItemKind, PlexServer
from plexusers.plex import Plex
from tests.scripted_server import Handler, running

FILM, SHOW = ItemKind.MOVIE, ItemKind.SHOW


def element(tag: str, inside: str = "", **attributes: object) -> str:
    told = " ".join(f"{name}={quoteattr(str(value))}" for name, value in attributes.items())
    return f"<{tag} {told}>{inside}</{tag}>"


def film(number: int) -> str:
    return element(
        "Video", element("Guid", id=f"imdb://tt{number:07}"), type="movie", ratingKey=number, title=f"Film {number}",
        year=2001, guid=f"plex://movie/{number:x}", originallyAvailableAt="2001-02-03",
    )  # fmt: skip


EPISODE = element(
    "Video", type="episode", ratingKey=99, title="Part 1", grandparentTitle="Show", grandparentGuid="plex://show/abc"
)
SECTIONS = [
    element("Directory", key="1", type="movie", title="Films"), element("Directory", key="2", type="show", title="TV"),
    element("Directory", key="3", type="artist", title="Music"),
]  # fmt: skip
ANSWERS: dict[str, list[str]] = {
    "/": [],
    "/library": [],
    "/library/sections": SECTIONS,
    "/library/sections/1/collections": [
        element("Directory", ratingKey="50", title="Best"), element("Directory", ratingKey="51", title="Worst"),
    ],
    "/library/sections/2/collections": [],
    "/library/collections/50/children": [film(number) for number in range(1, 451)],
    "/playlists": [element("Playlist", ratingKey="60", title="Tonight", smart="1")],
    "/playlists/60/items": [film(1), EPISODE, EPISODE, film(2)],
    "/library/sections/1/label": [element("Directory", key="/library/sections/1/all?label=7", title="Kids")],
    "/library/sections/2/label": [],
    "/library/sections/1/all": [film(3)],
}  # fmt: skip
asked: list[tuple[str, dict[str, str]]] = []


def plex_server(to: Handler) -> None:
    parts = urlsplit(to.path)
    asked.append((parts.path, dict(parse_qsl(parts.query))))
    found = ANSWERS.get(parts.path)
    start = int(to.headers.get("X-Plex-Container-Start") or 0)
    size = int(to.headers.get("X-Plex-Container-Size") or 10**6)
    part = (found or [])[start : start + size]
    whole = element(
        "MediaContainer", "".join(part), size=len(part), totalSize=len(found or []), offset=start,
        machineIdentifier="machine", friendlyName="Home", version="1.41",
    ).encode()  # fmt: skip
    to.send_response(200 if found is not None else 404)
    to.send_header("Content-Length", str(len(whole)))
    to.end_headers()
    to.wfile.write(whole)


@pytest.fixture
def server() -> Iterator[PlexServer]:
    with running(plex_server) as made:
        yield PlexServer(plex_url=made.url, plex_token="token", client_identifier="client")
    asked.clear()


def ask(server: PlexServer, chart: str, name: str, media: Media = Media.BOTH) -> tuple[Entry, ...]:
    return read("plex", Request(chart, media, 1000, name), Asker(Fetcher(), connect=lambda: Plex(server)))


def test_a_collection_is_read_page_by_page(server: PlexServer) -> None:
    found = ask(server, "collection", "Best")
    assert len(found) == 450
    assert found[0] == Entry("Film 1", 2001, FILM, ("plex://movie/1", "imdb://tt0000001"), "2001-02-03")
    assert [path for path, _ in asked].count("/library/collections/50/children") == 3


def test_a_playlist_names_the_show_of_an_episode_once(server: PlexServer) -> None:
    assert [(one.title, one.kind) for one in ask(server, "playlist", "Tonight")] == [
        ("Film 1", FILM), ("Show", SHOW), ("Film 2", FILM),
    ]  # fmt: skip


def test_a_label_is_found_by_its_name(server: PlexServer) -> None:
    assert [one.title for one in ask(server, "label", "kids")] == ["Film 3"]
    assert ("/library/sections/1/all", "7") in [(path, query.get("label")) for path, query in asked]


def test_a_filter_is_a_path_of_a_library(server: PlexServer) -> None:
    assert [one.title for one in ask(server, "filter", "/library/sections/1/all?type=1&sort=addedAt:desc")] == [
        "Film 3"
    ]
    for path in ("/status/sessions", "/library/sections/../../accounts", "https://elsewhere.example/"):
        with pytest.raises(ConfigurationError, match="path of a library"):
            ask(server, "filter", path)


@pytest.mark.parametrize("chart", ["collection", "playlist", "label"])
def test_a_name_that_the_server_does_not_know_is_an_error(server: PlexServer, chart: str) -> None:
    with pytest.raises(CacherrError, match="lists no"):
        ask(server, chart, "Nothing")
