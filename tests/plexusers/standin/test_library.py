import http.client
from urllib.parse import urlsplit

import pytest
from plexapi.exceptions import NotFound

from plexusers.standin import Household, StandIn
from tests.plexusers.standin.conftest import Home, SignIn


def test_a_library_of_several_pages_is_read_whole(home: Home, plex: StandIn, sign_in: SignIn) -> None:
    paths = {f"/media/Movies/{number}.mkv" for number in range(250)}
    for path in paths:
        home.film(path[-8:], path)
    section = sign_in(home.owner).library.section("Movies")
    plex.requests.clear()
    assert {film.media[0].parts[0].file for film in section.all()} == paths
    assert len(plex.requests) == 3
    assert section.totalSize == 250


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("", {}, {"size": 5, "totalSize": None, "offset": None}),
        ("", {"X-Plex-Container-Start": "1", "X-Plex-Container-Size": "2"}, {"size": 2, "totalSize": 5, "offset": 1}),
        ("?X-Plex-Container-Start=4&X-Plex-Container-Size=2", {}, {"size": 1, "totalSize": 5, "offset": 4}),
        ("?X-Plex-Container-Size=0", {}, {"size": 0, "totalSize": 5, "offset": 0}),
        ("?X-Plex-Container-Start=9&X-Plex-Container-Size=2", {}, {"size": 0, "totalSize": 5, "offset": 9}),
        ("?X-Plex-Container-Start=3", {}, {"size": 2, "totalSize": 5, "offset": 3}),
    ],
)
def test_only_a_page_says_how_many_there_are_in_all(
    home: Home, sign_in: SignIn, query: str, headers: dict[str, str], expected: dict[str, int | None]
) -> None:
    for number in range(5):
        home.film(f"Film {number}")
    container = sign_in(home.owner).query(f"/library/sections/1/all{query}", headers=headers)
    assert len(container) == expected["size"]
    assert {name: container.get(name) and int(container.get(name)) for name in expected} == expected


def test_a_page_repeats_its_place_in_the_headers(home: Home, plex: StandIn) -> None:
    home.film("Film")
    connection = http.client.HTTPConnection(urlsplit(plex.url).netloc)
    connection.request("GET", "/library/sections/1/all?X-Plex-Token=owner-token&X-Plex-Container-Start=0")
    answer = connection.getresponse()
    assert answer.getheader("X-Plex-Container-Start") == "0"
    assert answer.getheader("X-Plex-Container-Total-Size") == "1"
    assert answer.getheader("Content-Type") == "text/xml;charset=utf-8"
    assert answer.read().startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    connection.close()


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "Ä漢字🎬",
        'Tom & "Jerry\'s" <cut>',
        "two\nlines\tand\rmore",
        "100% + #1? [x]; $HOME `x`",
        " ends in blanks ",
        "a\u0301",
    ],
)
def test_a_file_name_arrives_as_it_is(home: Home, sign_in: SignIn, name: str) -> None:
    path = f"/media/Movies/{name}.mkv"
    home.film("Film", path, 12345)
    part = sign_in(home.owner).library.section("Movies").all()[0].media[0].parts[0]
    assert (part.file, part.size, part.container) == (path, 12345, "mkv")


def test_a_name_that_is_not_unicode_is_refused(home: Home) -> None:
    with pytest.raises(ValueError, match="surrogates"):
        home.household.part("/media/\udcff.mkv", 1)


def test_versions_and_parts_are_told_apart(home: Home, sign_in: SignIn) -> None:
    household = home.household
    halves = [household.part(f"/media/Movies/cd{number}.avi", 700 + number) for number in (1, 2)]
    small = household.version(household.part("/media/Movies/small.mp4", 9), resolution="720", optimized=True)
    household.add_movie(home.films, "Film", household.version(*halves, resolution="4k"), small)
    media = sign_in(home.owner).library.section("Movies").get("Film").media
    assert [(one.videoResolution, [part.size for part in one.parts]) for one in media] == [
        ("4k", [701, 702]),
        ("720", [9]),
    ]
    assert [one.isOptimizedVersion for one in media] == [False, True]


def test_two_episodes_can_share_a_file(home: Home, sign_in: SignIn) -> None:
    show = home.household.add_show(home.shows, "Double")
    version = home.household.version(home.household.part("/media/TV/Double S01E01-E02.mkv", 3))
    for index in (1, 2):
        home.household.add_episode(show, 1, index, version)
    episodes = sign_in(home.owner).library.section("TV Shows").get("Double").episodes()
    assert [one.index for one in episodes] == [1, 2]
    assert len({one.ratingKey for one in episodes}) == 2
    assert {one.media[0].parts[0].file for one in episodes} == {"/media/TV/Double S01E01-E02.mkv"}


def test_a_show_has_seasons_and_its_episodes_in_order(home: Home, sign_in: SignIn) -> None:
    _, added = home.show("Series", 2, 1, specials=1)
    home.household.mark_watched(home.owner, added["s1e1"])
    show = sign_in(home.owner).library.section("TV Shows").get("Series")
    assert [season.title for season in show.seasons()] == ["Specials", "Season 1", "Season 2"]
    assert [(one.parentIndex, one.index) for one in show.episodes()] == [(0, 1), (1, 1), (1, 2), (2, 1)]
    assert [one.title for one in show.season(1).episodes()] == ["Episode 1", "Episode 2"]
    assert show.episode(season=2, episode=1).grandparentTitle == "Series"
    assert (show.leafCount, show.viewedLeafCount, show.childCount) == (4, 1, 3)


def test_an_episode_by_date_has_neither_season_nor_number(home: Home, sign_in: SignIn) -> None:
    show = home.household.add_show(home.shows, "Tonight")
    home.episode(show, None, None, "2024-03-05")
    (episode,) = sign_in(home.owner).library.section("TV Shows").all()[0].episodes()
    assert (episode.index, episode._data.get("parentIndex"), episode._data.get("parentKey")) == (None, None, None)
    assert episode.originallyAvailableAt.isoformat() == "2024-03-05T00:00:00"


def test_external_ids_come_only_when_asked_for(home: Home, sign_in: SignIn) -> None:
    guids = ["imdb://tt0000001", "tmdb://1"]
    film = home.household.add_movie(home.films, "Film", guid="plex://movie/0123456789abcdef01234567", guids=guids)
    server = sign_in(home.owner)
    (listed,) = server.library.section("Movies").all()
    assert (listed.guid, [guid.id for guid in listed.guids]) == (film.guid, guids)
    assert server.query("/library/sections/1/all").findall(".//Guid") == []
    assert len(server.query(f"/library/metadata/{film.key}").findall(".//Guid")) == 2


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/library/sections/1/all?title=sea", ["Deep Sea", "Sea Change"]),
        ("/library/sections/1/all?guid=plex://movie/sea", ["Deep Sea"]),
        ("/library/sections/1/all?addedAt>=200", ["Land", "Sea Change"]),
        ("/library/sections/1/all?sort=addedAt:desc", ["Land", "Sea Change", "Deep Sea"]),
        ("/library/sections/1/all?type=4", []),
        ("/library/sections/2/all?type=4", ["Episode 1"]),
        ("/library/sections/2/all", ["Series"]),
        ("/library/all?type=1&guid=plex://movie/sea", ["Deep Sea"]),
        ("/library/recentlyAdded", ["Episode 1", "Land", "Sea Change", "Deep Sea"]),
    ],
)
def test_a_list_can_be_narrowed_down_and_sorted(home: Home, sign_in: SignIn, path: str, titles: list[str]) -> None:
    home.household.add_movie(home.films, "Deep Sea", guid="plex://movie/sea", added_at=100)
    home.household.add_movie(home.films, "Sea Change", added_at=200)
    home.household.add_movie(home.films, "Land", added_at=300)
    home.show("Series", 1)
    assert [element.get("title") for element in sign_in(home.owner).query(path)] == titles


def test_a_client_that_builds_its_own_searches_finds_by_guid_and_by_date(home: Home, sign_in: SignIn) -> None:
    films = [home.household.add_movie(home.films, f"Film {number}", added_at=number) for number in range(1, 4)]
    section = sign_in(home.owner).library.section("Movies")
    assert section.getGuid(films[1].guid).title == "Film 2"
    assert [film.title for film in section.recentlyAdded(maxresults=2)] == ["Film 3", "Film 2"]


def test_several_items_can_be_fetched_at_once_and_missing_ones_are_left_out(home: Home, sign_in: SignIn) -> None:
    films = [home.film(f"Film {number}") for number in range(3)]
    home.household.remove(films[1])
    server = sign_in(home.owner)
    assert [film.title for film in server.fetchItems([int(film.key) for film in films])] == ["Film 0", "Film 2"]
    with pytest.raises(NotFound):
        server.fetchItem(int(films[1].key))


def test_a_full_item_tells_of_subtitle_files_without_naming_them(home: Home, sign_in: SignIn) -> None:
    part = home.household.part("/media/Movies/Film.mkv", 1, subtitles=["en", "de"])
    home.household.add_movie(home.films, "Film", home.household.version(part))
    film = sign_in(home.owner).library.section("Movies").all()[0]
    assert not film.media[0].parts[0]._data.findall("Stream")
    streams = film.reload().media[0].parts[0].subtitleStreams()
    assert [(stream.languageTag, stream.index) for stream in streams] == [("en", -1), ("de", -1)]
    assert all(stream.key.startswith("/library/streams/") for stream in streams)


def test_files_are_checked_when_that_is_asked_for(sign_in: SignIn, home: Home) -> None:
    there, missing = home.film("There"), home.film("Missing")
    home.household.file_exists = lambda path: "There" in path
    server = sign_in(home.owner)
    for film, exists in ((there, True), (missing, False)):
        part = server.fetchItem(f"/library/metadata/{film.key}?checkFiles=1").media[0].parts[0]
        assert (part.exists, part.accessible) == (exists, exists)


def test_an_upgrade_keeps_the_item_and_changes_the_file(home: Home, sign_in: SignIn) -> None:
    film, household = home.film("Film"), home.household
    section = sign_in(home.owner).library.section("Movies")
    before = section.all()[0]
    home.time += 60
    household.set_versions(film, household.version(household.part("/media/Movies/Film 4k.mkv", 99), resolution="4k"))
    after = section.all()[0]
    assert after.ratingKey == before.ratingKey
    assert after.updatedAt > before.updatedAt
    assert after.media[0].parts[0].file == "/media/Movies/Film 4k.mkv"


def test_every_change_of_a_section_shows_in_the_list_of_sections(home: Home, sign_in: SignIn) -> None:
    def changes() -> dict[str, str]:
        return {one.get("title"): one.get("contentChangedAt") for one in server.query("/library/sections")}

    server = sign_in(home.owner)
    before = changes()
    film = home.film("Film")
    added = changes()
    home.household.remove(film)
    assert len({before["Movies"], added["Movies"], changes()["Movies"]}) == 3
    assert changes()["TV Shows"] == before["TV Shows"]


def test_a_section_tells_its_directories(home: Home, sign_in: SignIn) -> None:
    sections = sign_in(home.owner).library.sections()
    assert [section.locations for section in sections] == [["/media/Movies"], ["/media/TV", "/more/TV"]]


def test_a_section_is_empty_before_anything_is_added() -> None:
    household = Household()
    owner = household.add_account("Alex", "token", "owner")
    assert household.on_deck(owner) == household.half_watched(owner) == []


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("?sort=lastViewedAt:desc", ["B", "C", "A"]),
        ("?sort=lastViewedAt:desc,addedAt:desc", ["B", "C", "A"]),
        ("?sort=lastViewedAt,addedAt", ["A", "C", "B"]),
        ("?sort=updatedAt:desc", ["A", "C", "B"]),
        ("?sort=titleSort:desc", ["C", "B", "A"]),
        ("?lastViewedAt>=50", ["B", "C"]),
        ("?lastViewedAt>>=50", ["B"]),
    ],
)
def test_a_list_follows_what_the_one_who_asks_watched(
    home: Home, sign_in: SignIn, query: str, titles: list[str]
) -> None:
    films = {name: home.household.add_movie(home.films, name, added_at=ord(name)) for name in "ABC"}
    for name, at in (("B", 60), ("C", 50)):
        home.household.mark_watched(home.owner, films[name], at=at)
    home.household.mark_watched(home.sam, films["A"], at=90)
    home.household.set_versions(films["A"])
    container = sign_in(home.owner).query(f"/library/sections/1/all{query}")
    assert [element.get("title") for element in container] == titles


def test_shows_can_be_sorted_by_what_happened_to_their_episodes(home: Home, sign_in: SignIn) -> None:
    older, _ = home.show("Older", 1)
    home.time += 10
    newer, _ = home.show("Newer", 2)
    home.time += 10
    added = home.episode(older, 1, 2)
    server = sign_in(home.owner)

    def titles(sort: str) -> list[str]:
        return [show.get("title") for show in server.query(f"/library/sections/2/all?sort={sort}")]

    assert titles("addedAt:desc") == ["Newer", "Older"]
    assert titles("episode.addedAt:desc") == ["Older", "Newer"]
    home.household.mark_watched(home.owner, home.household.episodes(newer)[0], at=5)
    home.household.mark_watched(home.owner, added, at=4)
    assert titles("episode.lastViewedAt:desc") == ["Newer", "Older"]


def test_a_library_hidden_from_the_home_screen_is_listed_but_not_on_deck(home: Home, sign_in: SignIn) -> None:
    secret = home.household.add_section("movie", "Secret", "/media/Secret", hidden=1)
    film = home.film("Film", section=secret)
    home.household.watch(home.owner, film, offset_ms=5)
    server = sign_in(home.owner)
    assert {one.get("title"): one.get("hidden") for one in server.query("/library/sections")}["Secret"] == "1"
    assert server.library.onDeck() == server.library.recentlyAdded() == []
    assert [one.title for one in server.library.section("Secret").onDeck()] == ["Film"]


def test_an_item_in_two_libraries_is_two_items_with_one_guid_and_one_file(home: Home, sign_in: SignIn) -> None:
    other = home.household.add_section("movie", "Family", "/media/Movies")
    twins = [
        home.household.add_movie(
            section,
            "Film",
            home.household.version(home.household.part("/media/Movies/F.mkv", 3)),
            guid="plex://movie/f",
        )
        for section in (home.films, other)
    ]
    found = sign_in(home.owner).library.search(guid="plex://movie/f", libtype="movie")
    assert {one.ratingKey for one in found} == {int(twin.key) for twin in twins}
    assert {one.media[0].parts[0].file for one in found} == {"/media/Movies/F.mkv"}


def test_a_corrected_match_keeps_the_item(home: Home, sign_in: SignIn) -> None:
    film = home.film("Film")
    home.household.rematch(film, "plex://movie/2", title="Another", guids=["imdb://tt2"])
    (found,) = sign_in(home.owner).library.section("Movies").all()
    assert (found.ratingKey, found.title, found.guid, [one.id for one in found.guids]) == (
        int(film.key),
        "Another",
        "plex://movie/2",
        ["imdb://tt2"],
    )


def test_a_library_can_be_taken_away_and_its_key_is_not_used_again(home: Home, sign_in: SignIn) -> None:
    home.household.watch(home.owner, home.film("Film"), offset_ms=5)
    home.household.remove_section(home.films)
    server = sign_in(home.owner)
    assert [section.title for section in server.library.sections()] == ["TV Shows"]
    assert server.library.onDeck() == []
    assert home.household.add_section("movie", "New", "/new").key == "3"
