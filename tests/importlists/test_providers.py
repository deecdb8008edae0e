"""Every provider against answers of the true shapes, served over HTTP behind the gateway."""

import json
from collections.abc import Callable

import pytest

from cacherr.errors import CacherrError, ConfigurationError, OutsideError
from cacherr.fetching import Fetcher
from importlists import entries
from importlists.asking import Asker, Conditions, UnchangedError
from importlists.contract import Entry, Keys, Media, Needs, Request
from importlists.providers import PROVIDERS, chart_of
from importlists.reading import read
from plexusers.models import ItemKind
from tests.importlists.services import (
    Asked,
    Reply,
    Services,
    tmdb_film,
    tmdb_pages,
    tmdb_show,
    told,
    trakt_film,
    trakt_pages,
    trakt_show,
)

KEYS = Keys(trakt_client="client", trakt_token="s3cret-token", tmdb="k" * 32, mdblist="s3cret-key")
FILM, SHOW = ItemKind.MOVIE, ItemKind.SHOW


def ask(
    provider: str, chart: str, media: Media = Media.MOVIES, *, limit: int = 1000, name: str = "", address: str = "",
    file: str = "", keys: Keys = KEYS, conditions: Conditions | None = None,
) -> tuple[Entry, ...]:  # fmt: skip
    request = Request(chart, media, limit, name, address, file, keys)
    return read(provider, request, Asker(Fetcher(), conditions))


def titles(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.title for entry in entries]


# ---- Trakt ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chart", ["trending", "anticipated", "watched", "boxoffice"])
def test_trakt_wraps_the_films_of_its_charts(services: Services, chart: str) -> None:
    path = {"watched": "watched/weekly"}.get(chart, chart)
    services.on(f"/api.trakt.tv/movies/{path}", trakt_pages([{"watchers": 5, "movie": trakt_film(7, "Moana")}]))
    assert ask("trakt", chart) == (Entry("Moana", 2007, FILM, ("imdb://tt0000007", "tmdb://7")),)
    asked = services.asked[0]
    assert asked.headers["trakt-api-version"] == "2"
    assert asked.headers["trakt-api-key"] == "client"
    assert asked.headers["User-Agent"].startswith("Cacherr/")


def test_trakt_does_not_wrap_what_is_popular(services: Services) -> None:
    services.on("/api.trakt.tv/shows/popular", trakt_pages([trakt_show(3)]))
    assert ask("trakt", "popular", Media.SHOWS) == (Entry("Show 3", 2010, SHOW, ("tmdb://3", "tvdb://9003")),)


@pytest.mark.parametrize("most", [250, 100])
def test_trakt_is_read_to_its_last_page_although_the_limit_is_cut(services: Services, most: int) -> None:
    rows = [{"movie": trakt_film(number)} for number in range(1, 631)]
    services.on("/api.trakt.tv/movies/trending", trakt_pages(rows, most=most))
    assert len(ask("trakt", "trending")) == 630
    assert {asked.query["limit"] for asked in services.asked} == {"250"}
    assert len(services.asked) == -(-630 // most)


def test_no_page_is_asked_for_that_nobody_reads(services: Services) -> None:
    services.on("/api.trakt.tv/movies/trending", trakt_pages([{"movie": trakt_film(n)} for n in range(1, 631)]))
    assert len(ask("trakt", "trending", limit=20)) == 20
    assert len(services.asked) == 1


def test_films_and_shows_of_a_chart_come_in_turn(services: Services) -> None:
    services.on("/api.trakt.tv/movies/trending", trakt_pages([{"movie": trakt_film(n)} for n in (1, 2, 3)]))
    services.on("/api.trakt.tv/shows/trending", trakt_pages([{"show": trakt_show(n)} for n in (1, 2)]))
    assert titles(ask("trakt", "trending", Media.BOTH)) == ["Film 1", "Show 1", "Film 2", "Show 2", "Film 3"]


MIXED = [
    {"type": "episode", "episode": {"season": 6, "number": 3, "ids": {"imdb": "tt3186496"}}, "show": trakt_show(1)},
    {"type": "season", "season": {"number": 1, "ids": {}}, "show": trakt_show(2)},
    {"type": "show", "show": trakt_show(1)},
    {"type": "movie", "movie": trakt_film(5)},
    {"type": "person", "person": {"name": "Somebody", "ids": {"imdb": "nm1"}}},
    {"type": "movie", "movie": {"title": "Without", "year": None, "ids": {"imdb": None, "tmdb": None}}},
]


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (Media.BOTH, ["Show 1", "Show 2", "Film 5", "Without"]),
        (Media.SHOWS, ["Show 1", "Show 2"]),
        (Media.MOVIES, ["Film 5", "Without"]),
    ],
)
def test_a_trakt_list_mixes_kinds_and_names_the_show_of_an_episode(
    services: Services, media: Media, expected: list[str]
) -> None:
    services.on("/api.trakt.tv/users/some%20body/lists/best/items", trakt_pages(MIXED))
    assert titles(ask("trakt", "list", media, name="some body/best")) == expected
    assert services.asked[0].headers["Authorization"] == "Bearer s3cret-token"


def test_own_trakt_lists_need_a_sign_in(services: Services) -> None:
    services.on("/api.trakt.tv/users/me/watchlist", trakt_pages(MIXED))
    assert titles(ask("trakt", "watchlist", name="me")) == ["Film 5", "Without"]
    with pytest.raises(ConfigurationError, match="signed in"):
        ask("trakt", "watchlist", name="me", keys=Keys(trakt_client="client"))


# ---- TMDb -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chart", "media", "path"),
    [
        ("trending_day", Media.MOVIES, "trending/movie/day"),
        ("trending_week", Media.SHOWS, "trending/tv/week"),
        ("popular", Media.MOVIES, "movie/popular"),
        ("top_rated", Media.SHOWS, "tv/top_rated"),
        ("now_playing", Media.MOVIES, "movie/now_playing"),
        ("on_the_air", Media.SHOWS, "tv/on_the_air"),
    ],
)
def test_tmdb_charts_are_read_page_by_page(services: Services, chart: str, media: Media, path: str) -> None:
    make, kind = (tmdb_film, FILM) if media == Media.MOVIES else (tmdb_show, SHOW)
    rows = [{name: value for name, value in make(n).items() if name != "media_type"} for n in range(1, 46)]
    services.on(f"/api.themoviedb.org/3/{path}", tmdb_pages(rows))
    found = ask("tmdb", chart, media)
    assert (len(found), found[44].names, found[0].kind) == (45, ("tmdb://45",), kind)
    assert [asked.query["page"] for asked in services.asked] == ["1", "2", "3"]
    assert services.asked[0].query["api_key"] == "k" * 32


def test_a_read_access_token_of_tmdb_goes_into_a_header(services: Services) -> None:
    services.on("/api.themoviedb.org/3/movie/popular", tmdb_pages([tmdb_film(1)]))
    ask("tmdb", "popular", keys=Keys(tmdb="e" * 200))
    assert services.asked[0].headers["Authorization"] == "Bearer " + "e" * 200
    assert "api_key" not in services.asked[0].query


@pytest.mark.parametrize(
    ("chart", "path", "key"),
    [("list", "3/list/12", "items"), ("list_v4", "4/list/12", "results"), ("collection", "3/collection/12", "parts")],
)
def test_tmdb_lists_and_collections_name_their_items_differently(
    services: Services, chart: str, path: str, key: str
) -> None:
    rows = [tmdb_film(603), tmdb_show(1399), {"id": 5, "name": "Somebody", "media_type": "person"}]
    services.on(f"/api.themoviedb.org/{path}", told({"id": 12, "name": "Mine", key: rows}))
    assert ask("tmdb", chart, name="12") == (Entry("Film 603", 2023, FILM, ("tmdb://603",), "2023-03-08"),)


# ---- IMDb -----------------------------------------------------------------------------------------------------------


def imdb_chart(asked: Asked) -> Reply:
    query = json.loads(asked.body)["query"]
    number = 1 if "MOST_POPULAR_MOVIES" in query else 2
    node = {"id": f"tt000000{number}", "titleText": {"text": f"Title {number}"}, "releaseYear": {"year": 1994}}
    return told({"data": {"chartTitles": {"edges": [{"node": node}]}}})


def test_imdb_charts_come_by_graphql(services: Services) -> None:
    services.on("/api.graphql.imdb.com/", imdb_chart)
    assert ask("imdb", "popular", Media.BOTH) == (
        Entry("Title 1", 1994, FILM, ("imdb://tt0000001",)),
        Entry("Title 2", 1994, SHOW, ("imdb://tt0000002",)),
    )


def test_an_imdb_that_blocks_programs_is_recognised(services: Services) -> None:
    services.on("/api.graphql.imdb.com/", Reply(status=202, headers={"x-amzn-waf-action": "challenge"}))
    with pytest.raises(OutsideError, match="blocks programs"):
        ask("imdb", "popular")


def test_an_imdb_that_changed_its_language_is_an_error(services: Services) -> None:
    services.on("/api.graphql.imdb.com/", told({"errors": [{"message": "unknown field"}]}))
    with pytest.raises(OutsideError, match="understand"):
        ask("imdb", "popular")


EXPORT = """Position,Const,Created,Modified,Description,Title,URL,Title Type,IMDb Rating,Year,Release Date
1,tt0111161,2024-01-05,2024-01-05,"two
lines",Freedom,https://x,movie,9.3,1994,1994-10-14
2,tt0903747,2024-02-11,2024-02-11,,Chemistry,https://x,TV Series,9.5,2008,2008-01-20
3,tt7366338,2024-02-12,2024-02-12,,Reactor,https://x,tvMiniSeries,9.3,2019,2019-05-06
4,tt0000004,2024-02-12,2024-02-12,,One Part,https://x,TV Episode,9.3,2019,2019-05-06
5,tt0000005,2024-02-12,2024-02-12,,Foreign,https://x,Irgendwas,9.3,2019,
"""


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (Media.MOVIES, ["Freedom", "Foreign"]),
        (Media.SHOWS, ["Chemistry", "Reactor", "Foreign"]),
        (Media.BOTH, ["Freedom", "Chemistry", "Reactor", "Foreign"]),
    ],
)
def test_an_exported_imdb_list_is_read_without_asking_anybody(
    services: Services, media: Media, expected: list[str]
) -> None:
    found = ask("imdb", "file", media, file=EXPORT)
    assert titles(found) == expected
    assert services.asked == []


def test_another_file_is_no_imdb_list() -> None:
    with pytest.raises(ConfigurationError, match="no list exported"):
        ask("imdb", "file", file="a,b\n1,2\n")


# ---- MDBList --------------------------------------------------------------------------------------------------------


def mdblist_rows(count: int) -> list[dict[str, object]]:
    return [
        {"id": n, "rank": n, "title": f"Film {n}", "imdb_id": f"tt{n:07}", "mediatype": "movie", "release_year": 2001}
        for n in range(1, count + 1)
    ]


def test_mdblist_is_read_by_offset_although_the_page_is_cut(services: Services) -> None:
    rows = mdblist_rows(230)

    def page(asked: Asked) -> Reply:
        offset, limit = int(asked.query["offset"]), min(100, int(asked.query["limit"]))
        part = rows[offset : offset + limit]
        return told({"movies": part, "shows": []}, X_Total_Items=230)

    services.on("/api.mdblist.com/lists/someone/best/items", page)
    found = ask("mdblist", "list", name="someone/best")
    assert (len(found), found[229].names) == (230, ("imdb://tt0000230", "tmdb://230"))
    assert [asked.query["offset"] for asked in services.asked] == ["0", "100", "200"]


def test_mdblist_repeating_a_page_for_ever_is_left(services: Services) -> None:
    services.on("/api.mdblist.com/lists/7/items", told(mdblist_rows(3)))
    assert len(ask("mdblist", "list", name="7")) == 3
    assert len(services.asked) == 2


def test_a_public_mdblist_needs_no_key_and_mixes_by_rank(services: Services) -> None:
    shows = [{"id": 9, "rank": 2, "title": "Show 9", "tvdb_id": 90, "mediatype": "show", "release_year": 2001}]
    films = [row | {"rank": rank} for row, rank in zip(mdblist_rows(2), (1, 3), strict=True)]
    services.on("/mdblist.com/lists/someone/best/json", told({"movies": films, "shows": shows}))
    assert titles(ask("mdblist", "list", Media.BOTH, name="someone/best", keys=Keys())) == [
        "Film 1",
        "Show 9",
        "Film 2",
    ]


# ---- files and feeds ------------------------------------------------------------------------------------------------


def test_stevenlu_is_one_file_that_is_not_sent_again_unchanged(services: Services) -> None:
    def reply(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == '"one"':
            return Reply(status=304)
        return told([{"title": "Example", "imdb_id": "tt0000001", "poster_url": "x"}], ETag='"one"')

    services.on("/popular-movies-data.stevenlu.com/movies.json", reply)
    asker = Asker(Fetcher())
    request = Request("popular", Media.MOVIES, 10)
    assert read("stevenlu", request, asker) == (Entry("Example", None, FILM, ("imdb://tt0000001",)),)
    with pytest.raises(UnchangedError):
        read("stevenlu", request, asker)


RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:media="m" xmlns:tmdb="t" xmlns:letterboxd="l"><channel>
<title>A feed (2020)</title>
<item><title>Only a Title (2021)</title><category>show</category><link>https://watch.plex.tv/show/x</link></item>
<item><title>Named (2001)</title><guid isPermaLink="false">imdb://tt0133093</guid><category>movie</category></item>
<item><title>By its link</title><link>https://www.themoviedb.org/movie/603-x</link></item>
<item><title>In the text (1999)</title><description>&lt;a href="https://www.imdb.com/title/tt0000099/"&gt;</description></item>
<item><title>Logged, 2022 - ★★★</title><letterboxd:filmTitle>Logged</letterboxd:filmTitle>
<letterboxd:filmYear>2022</letterboxd:filmYear><tmdb:movieId>77</tmdb:movieId></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><title>Film (2003)</title>
<link href="https://www.imdb.com/title/tt0000003/"/><category term="movie"/></entry></feed>"""


def test_a_feed_names_films_in_many_ways(services: Services) -> None:
    services.on("/feeds.example/rss", Reply(RSS.encode()))
    assert ask("feed", "feed", Media.BOTH, address="https://feeds.example/rss?key=s3cret") == (
        Entry("Only a Title", 2021, SHOW),
        Entry("Named", 2001, FILM, ("imdb://tt0133093",)),
        Entry("By its link", None, FILM, ("tmdb://603",)),
        Entry("In the text", 1999, None, ("imdb://tt0000099",)),
        Entry("Logged", 2022, FILM, ("tmdb://77",)),
    )
    assert services.asked[0].query == {"key": "s3cret"}


def test_an_atom_feed_is_a_feed(services: Services) -> None:
    services.on("/feeds.example/atom", Reply(ATOM.encode()))
    assert ask("feed", "feed", address="https://feeds.example/atom") == (
        Entry("Film", 2003, FILM, ("imdb://tt0000003",)),
    )


def test_a_letterboxd_diary_is_a_feed_of_films(services: Services) -> None:
    services.on("/letterboxd.com/somebody/rss/", Reply(RSS.replace("<guid", "<x").replace("</guid", "</x").encode()))
    assert "Logged" in titles(ask("letterboxd", "diary", name="somebody"))


PLEX_FEED = b"""{"title": "Plex Watchlist", "description": "x", "description": "x", "items": [
{"title": "Enola Holmes 2 (2022)", "guids": ["imdb://tt14641788", "tmdb://829280", "tvdb://166087"],
"category": "movie"},
{"title": "The Wheel: Origins (2021)", "link": "https://watch.plex.tv/show/the-wheel", "category": "show"}]}"""


@pytest.mark.parametrize("address", ["https://rss.plex.tv/u-u-id", "https://discover.provider.plex.tv/rss/u-u-id"])
@pytest.mark.parametrize("works", ["/discover.provider.plex.tv/rss/u-u-id", "/rss.plex.tv/u-u-id"])
def test_a_plex_feed_is_asked_for_at_both_hosts(services: Services, address: str, works: str) -> None:
    services.on(works, Reply(PLEX_FEED))
    assert ask("plex_feed", "watchlist", Media.BOTH, address=address) == (
        Entry("Enola Holmes 2", 2022, FILM, ("imdb://tt14641788", "tmdb://829280", "tvdb://166087")),
        Entry("The Wheel: Origins", 2021, SHOW),
    )


def test_another_address_is_no_plex_feed(services: Services) -> None:
    with pytest.raises(ConfigurationError, match="no address of a Plex feed"):
        ask("plex_feed", "watchlist", address="https://elsewhere.example/u-u-id")
    assert services.asked == []


CUSTOM = [
    ({"title": "A", "id": 603, "imdb_id": "tt0133093"}, Media.BOTH, FILM, ("imdb://tt0133093", "tmdb://603")),
    ({"title": "A", "id": "tt0133093"}, Media.MOVIES, FILM, ("imdb://tt0133093",)),
    ({"title": "A", "tmdbId": 603, "year": "2001"}, Media.MOVIES, FILM, ("tmdb://603",)),
    ({"title": "A", "tvdbId": 81189}, Media.SHOWS, SHOW, ("tvdb://81189",)),
    ({"id": 5, "tvdb_id": 81189}, Media.BOTH, SHOW, ("tvdb://81189",)),
    ({"name": "A", "media_type": "tv", "tmdb_id": 1399}, Media.BOTH, SHOW, ("tmdb://1399",)),
    ({"title": "A"}, Media.BOTH, None, ()),
]


@pytest.mark.parametrize(("row", "media", "kind", "names"), CUSTOM)
def test_a_custom_file_has_radarrs_shape_and_others(
    services: Services, row: dict[str, object], media: Media, kind: ItemKind | None, names: tuple[str, ...]
) -> None:
    services.on("/lists.example/x.json", told([row, "not an object", {"poster": "nothing else"}]))
    (found,) = ask("custom", "json", media, address="https://lists.example/x.json")
    assert (found.kind, found.names) == (kind, names)


# ---- what goes wrong ------------------------------------------------------------------------------------------------

ASKED: list[tuple[str, str, str, Callable[[], object]]] = [
    ("trakt", "/api.trakt.tv/movies/trending", "trakt-api-key", lambda: ask("trakt", "trending")),
    ("tmdb", "/api.themoviedb.org/3/movie/popular", "key", lambda: ask("tmdb", "popular")),
    ("imdb", "/api.graphql.imdb.com/", "", lambda: ask("imdb", "popular")),
    ("mdblist", "/api.mdblist.com/lists/a/b/items", "", lambda: ask("mdblist", "list", name="a/b")),
    ("stevenlu", "/popular-movies-data.stevenlu.com/movies.json", "", lambda: ask("stevenlu", "popular")),
    ("letterboxd", "/letterboxd.com/me/rss/", "", lambda: ask("letterboxd", "diary", name="me")),
    ("plex_feed", "/rss.plex.tv/u", "", lambda: ask("plex_feed", "watchlist", address="https://rss.plex.tv/u")),
    ("feed", "/x.example/s3cret", "", lambda: ask("feed", "feed", address="https://x.example/s3cret?k=s3cret")),
    ("custom", "/x.example/s3cret", "", lambda: ask("custom", "json", address="https://x.example/s3cret?k=s3cret")),
]
BAD = [
    pytest.param(Reply(b"<html>Sign in</html>"), id="a portal's page"),
    pytest.param(Reply(b"<html><br></html>"), id="a broken page"),
    pytest.param(Reply(b""), id="an empty answer"),
    pytest.param(Reply(b"[]"), id="an empty list"),
    pytest.param(Reply(b'"text"'), id="a text"),
    pytest.param(Reply(b"{}"), id="an empty object"),
    pytest.param(Reply(b"[[[["), id="half a document"),
    pytest.param(Reply(b"[1, null, [], {}]"), id="nonsense in a list"),
    pytest.param(Reply(b'<!DOCTYPE a [<!ENTITY b "c">]><rss>&b;</rss>'), id="entities"),
    pytest.param(Reply(b"\x00\xff\xfe\x80"), id="bytes"),
    pytest.param(Reply(b"x", 304), id="unchanged, although nobody asked"),
    *(pytest.param(Reply(b"{}", status), id=str(status))
      for status in (202, 204, 400, 401, 403, 404, 418, 420, 423, 426, 429, 498, 500, 502, 520, 522)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "_", "asking"), ASKED, ids=[row[0] for row in ASKED])
@pytest.mark.parametrize("reply", BAD)
def test_a_bad_answer_is_one_clear_line_and_never_an_empty_list(
    services: Services, name: str, path: str, _: str, asking: Callable[[], object], reply: Reply
) -> None:
    services.on(path, reply)
    with pytest.raises(CacherrError) as raised:
        asking()
    assert "\n" not in str(raised.value)
    assert "s3cret" not in str(raised.value)
    assert "k" * 32 not in str(raised.value)
    assert services.asked


@pytest.mark.parametrize(("after", "wait"), [("120", 120.0), ("", 60.0), ("soon", 60.0)])
def test_a_service_that_asks_for_a_pause_says_for_how_long(services: Services, after: str, wait: float) -> None:
    headers = {"Retry-After": after} if after else {}
    services.on("/api.mdblist.com/lists/a/b/items", Reply(b'{"error":"Daily API limit exceeded!"}', 429, headers))
    with pytest.raises(OutsideError) as raised:
        ask("mdblist", "list", name="a/b")
    assert raised.value.wait == wait


def test_a_page_that_fails_in_the_middle_fails_the_whole_list(services: Services) -> None:
    good = trakt_pages([{"movie": trakt_film(n)} for n in range(1, 631)])
    services.on(
        "/api.trakt.tv/movies/trending", lambda asked: good(asked) if asked.query["page"] != "3" else Reply(status=502)
    )
    with pytest.raises(OutsideError):
        ask("trakt", "trending")


# ---- the table ------------------------------------------------------------------------------------------------------


def test_every_chart_is_found_by_its_names() -> None:
    names = [(provider.name, chart.name) for provider in PROVIDERS for chart in provider.charts]
    assert len(set(names)) == len(names)
    assert all(chart_of(*name)[1].name == name[1] for name in names)
    with pytest.raises(ConfigurationError):
        chart_of("trakt", "nothing")


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_what_a_chart_needs_is_asked_for_before_anybody_is(services: Services, provider: object) -> None:
    for one in PROVIDERS:
        for chart in one.charts:
            if chart.needs != Needs.NOTHING:
                with pytest.raises(ConfigurationError):
                    ask(one.name, chart.name, chart.media[0])
            if one.uses:
                with pytest.raises(ConfigurationError, match="needs a key"):
                    ask(one.name, chart.name, chart.media[0], name="a/b", keys=Keys())
    assert services.asked == []


def test_keys_are_in_no_text_of_a_request() -> None:
    request = Request("x", Media.BOTH, 1, address="https://x/s3cret", keys=KEYS)
    assert "s3cret" not in f"{request!r} {request.keys!r}"
    assert "k" * 32 not in repr(request)


def test_a_title_that_no_database_keeps_is_mended() -> None:
    found = entries.entry("Al\ud800pha\0 one\n", 2001, None)
    assert found is not None
    assert found.title == "Al?pha one"
