import pytest
from plexapi.exceptions import BadRequest, NotFound, Unauthorized

from plexusers.standin import StandIn
from tests.plexusers.standin.conftest import Home, PlexServer, SignIn


@pytest.mark.parametrize("token", ["wrong", "OWNER-TOKEN", "owner-token "])
def test_a_wrong_token_is_refused(plex: StandIn, token: str) -> None:
    with pytest.raises(Unauthorized, match="401 Unauthorized"):
        PlexServer(plex.url, token)
    assert plex.requests[-1].account_title is None


def test_a_revoked_token_is_refused_until_it_is_admitted_again(home: Home, sign_in: SignIn) -> None:
    server = sign_in(home.sam)
    home.household.revoke(home.sam)
    with pytest.raises(Unauthorized):
        server.library.onDeck()
    home.household.admit(home.sam)
    assert server.library.onDeck() == []


def test_who_the_server_is_may_be_asked_without_a_token(home: Home, plex: StandIn) -> None:
    server = PlexServer(plex.url, home.owner.token)
    server._token = None
    assert server.identity().machineIdentifier == home.household.machine_identifier


@pytest.mark.parametrize(
    "path", ["/library", "/status/sessions", "/accounts", "/:/prefs", "/library/sections/1/refresh"]
)
def test_some_pages_are_for_the_owner_only(home: Home, sign_in: SignIn, path: str) -> None:
    sign_in(home.owner).query(path)
    for account in (home.sam, home.friend):
        with pytest.raises(BadRequest, match=r"^\(403\)"):
            sign_in(account).query(path)


def test_an_account_sees_only_what_is_shared_with_it(home: Home, sign_in: SignIn) -> None:
    _, episodes = home.show("Hidden", 1)
    server = sign_in(home.friend)
    assert [section.title for section in server.library.sections()] == ["Movies"]
    assert server.query("/library/all?type=4").findall("Video") == []
    for path in ("/library/sections/2/all", f"/library/metadata/{episodes['s1e1'].key}", "/library/metadata/99999"):
        with pytest.raises(NotFound):
            server.query(path)


def test_accounts_begin_with_the_nameless_one_and_the_owner(home: Home, sign_in: SignIn) -> None:
    accounts = sign_in(home.owner).systemAccounts()
    assert [(account.id, account.name) for account in accounts] == [
        (0, ""),
        (1, "Alex"),
        (1002 - 1, "Sam"),
        (77, "Kim"),
    ]


def test_settings_tell_what_cuts_the_deck(home: Home, sign_in: SignIn) -> None:
    home.household.on_deck_weeks = 16
    settings = sign_in(home.owner).settings
    assert (settings.get("OnDeckWindow").value, settings.get("autoEmptyTrash").value) == (16, True)


def test_watching_is_counted_for_the_one_who_watches(home: Home, sign_in: SignIn) -> None:
    film = home.film("Film")
    mine, theirs = (sign_in(one).library.section("Movies") for one in (home.owner, home.sam))
    mine.all()[0].markPlayed()
    watched, untouched = mine.all()[0], theirs.all()[0]
    assert (watched.viewCount, watched._data.get("lastViewedAt")) == (1, "1700000000")
    assert [untouched._data.get(name) for name in ("viewCount", "viewOffset", "lastViewedAt")] == [None] * 3
    home.household.watch(home.owner, film, offset_ms=5000)
    assert (mine.all()[0].viewCount, mine.all()[0].viewOffset) == (1, 5000)
    mine.all()[0].markUnplayed()
    assert home.household.state(home.owner, film).view_count == 0


def test_marking_a_show_marks_its_episodes(home: Home, sign_in: SignIn) -> None:
    home.show("Series", 2, 1)
    show = sign_in(home.owner).library.section("TV Shows").get("Series")
    show.markPlayed()
    assert [episode.viewCount for episode in show.episodes()] == [1, 1, 1]
    assert show.reload().isPlayed


@pytest.mark.parametrize(("minutes", "state"), [(40, (0, 2_400_000)), (95, (1, 0))])
def test_a_position_near_the_end_means_watched(
    home: Home, sign_in: SignIn, minutes: int, state: tuple[int, int]
) -> None:
    film = home.film("Film")
    sign_in(home.owner).fetchItem(int(film.key)).updateProgress(minutes * 60_000)
    after = home.household.state(home.owner, film)
    assert (after.view_count, after.view_offset) == state


def test_the_history_is_newest_first_and_everybodys_for_the_owner(home: Home, sign_in: SignIn) -> None:
    film = home.film("Film")
    _, episodes = home.show("Series", 1)
    home.household.mark_watched(home.sam, film, at=100)
    home.household.mark_watched(home.owner, episodes["s1e1"], at=200)
    owner = sign_in(home.owner)
    assert [(entry.title, entry.accountID) for entry in owner.history()] == [("Episode 1", 1), ("Film", home.sam.id)]
    assert [entry.title for entry in owner.history(accountID=home.sam.id)] == ["Film"]
    assert [entry.title for entry in owner.history(ratingKey=film.key)] == ["Film"]
    assert [entry.title for entry in sign_in(home.sam).history()] == ["Film"]
    assert len(owner.query("/status/sessions/history/all?viewedAt>=150")) == 1


def test_a_session_tells_who_plays_which_version_of_what(home: Home, sign_in: SignIn) -> None:
    household = home.household
    versions = [household.version(household.part(f"/media/Movies/{size}.mkv", size)) for size in (10, 20)]
    film = household.add_movie(home.films, "Film", *versions)
    household.start_playing(home.sam, film, version=versions[1], offset_ms=7000, state="paused")
    (session,) = sign_in(home.owner).sessions()
    (media,) = session.media
    assert (session.usernames, session._userId, session.viewOffset) == (["Sam"], home.sam.id, 7000)
    assert (session.player.state, media.selected, media.parts[0].file) == ("paused", True, "/media/Movies/20.mkv")
    household.stop_playing(home.sam)
    assert sign_in(home.owner).sessions() == []


def test_pressing_pause_does_not_begin_another_session(home: Home) -> None:
    film = home.film("Film")
    first = home.household.start_playing(home.owner, film)
    again = home.household.start_playing(home.owner, film, state="paused")
    home.household.start_playing(home.sam, film)
    assert first.key == again.key
    assert len(home.household.playing) == 2
    home.household.stop_playing(home.owner, film)
    assert [one.account for one in home.household.playing.values()] == [home.sam.id]


def test_a_transcoded_session_does_not_name_its_file(home: Home, sign_in: SignIn) -> None:
    home.household.start_playing(home.owner, home.film("Film"), transcoded=True)
    (session,) = sign_in(home.owner).sessions()
    assert session.media[0].parts[0].file is None
    assert session.source().media[0].parts[0].file == "/media/Movies/Film.mkv"


def test_trailers_and_live_television_have_no_file_of_the_library(home: Home, sign_in: SignIn) -> None:
    home.household.start_clip(home.sam)
    home.household.start_clip(home.owner, "livetv")
    trailer, live = sign_in(home.owner).sessions()
    assert (trailer.type, trailer._data.get("librarySectionID"), trailer.media[0].parts[0].file) == ("clip", "-2", None)
    assert (live.live, live.media[0].parts[0].file) == (True, None)
