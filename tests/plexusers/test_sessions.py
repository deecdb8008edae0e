"""Rows follow what Plex says of sessions, and every change is told once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexusers import sessions
from plexusers.models import PlaySession, PlexUser
from plexusers.streams import Stream

FILM = Stream("5", 1, "Alex", "10", "movie", "Alpha", player="TV", offset=0, duration=1000)
NEXT = replace(FILM, rating_key="11", title="Beta")
OTHER = replace(FILM, session_key="6", account=77, who="Kim")


@pytest.fixture
def people(db: None) -> tuple[PlexUser, PlexUser]:
    owner = PlexUser.objects.create(plex_id=4711, kind="main", title="Alexander")
    friend = PlexUser.objects.create(plex_id=77, kind="shared", title="Kim")
    return owner, friend


def keys(changes: sessions.Changes) -> tuple[list[str], list[str], list[str], list[str]]:
    begun = ([one.row.rating_key for one in some] for some in (changes.started, changes.updated, changes.finished))
    started, updated, finished = begun
    return started, updated, finished, [row.rating_key for row in changes.ended]


def test_a_session_starts_goes_on_and_ends(people: tuple[PlexUser, PlexUser]) -> None:
    assert keys(sessions.mirror([FILM])) == (["10"], [], [], [])
    assert keys(sessions.mirror([FILM])) == ([], [], [], [])
    assert keys(sessions.mirror([replace(FILM, offset=500)])) == ([], ["10"], [], [])
    assert keys(sessions.mirror([replace(FILM, offset=500, state="paused")])) == ([], ["10"], [], [])
    assert PlaySession.objects.get().state == "paused"
    assert keys(sessions.mirror([])) == ([], [], [], ["10"])
    assert not PlaySession.objects.exists()


def test_the_owner_is_number_one_others_have_their_own_and_strangers_are_kept_by_name(
    people: tuple[PlexUser, PlexUser],
) -> None:
    stranger = replace(FILM, session_key="7", account=999, who="Stranger")
    sessions.mirror([FILM, OTHER, stranger])
    rows = {row.session_key: (row.user, row.who) for row in PlaySession.objects.select_related("user")}
    assert rows == {"5": (people[0], "Alex"), "6": (people[1], "Kim"), "7": (None, "Stranger")}


def test_a_player_that_goes_on_with_the_next_item_ends_one_session_and_starts_another(
    people: tuple[PlexUser, PlexUser],
) -> None:
    sessions.mirror([FILM])
    assert keys(sessions.mirror([NEXT])) == (["11"], [], [], ["10"])
    assert PlaySession.objects.get().rating_key == "11"


def test_crossing_ninety_percent_is_told_once(people: tuple[PlexUser, PlexUser]) -> None:
    sessions.mirror([replace(FILM, offset=899)])
    assert keys(sessions.mirror([replace(FILM, offset=900)]))[2] == ["10"]
    assert keys(sessions.mirror([replace(FILM, offset=950)]))[2] == []
    assert keys(sessions.mirror([replace(FILM, session_key="9", offset=990)]))[2] == ["10"]


def test_playing_is_activity_and_resting_or_music_is_none(people: tuple[PlexUser, PlexUser]) -> None:
    owner, friend = people
    sessions.mirror([FILM, replace(OTHER, state="paused")])
    owner.refresh_from_db()
    friend.refresh_from_db()
    assert owner.last_playback_at is not None
    assert owner.last_activity_at == owner.last_playback_at
    assert friend.last_playback_at is None
    sessions.mirror([replace(OTHER, kind="track", rating_key="12")])
    friend.refresh_from_db()
    assert friend.last_playback_at is None


@pytest.mark.django_db
def test_texts_that_are_too_long_are_cut_and_change_nothing_else() -> None:
    long = replace(FILM, who="w" * 999, title="t" * 999, player="p" * 999, kind="k" * 99)
    assert keys(sessions.mirror([long]))[0] == ["10"]
    assert keys(sessions.mirror([long])) == ([], [], [], [])


@pytest.mark.django_db
def test_when_nobody_looks_any_more_nothing_is_said_to_play() -> None:
    sessions.mirror([FILM, OTHER])
    assert {row.session_key for row in sessions.forget()} == {"5", "6"}
    assert not PlaySession.objects.exists()


STREAMS = st.lists(
    st.builds(
        lambda session, item, offset: replace(FILM, session_key=session, rating_key=item, offset=offset),
        st.sampled_from("abc"), st.sampled_from("123"), st.integers(0, 1000),
    ),
    unique_by=lambda stream: stream.session_key, max_size=3,
)  # fmt: skip


@given(STREAMS, STREAMS)
def test_every_stream_and_every_row_is_accounted_for_exactly_once(before: list[Stream], now: list[Stream]) -> None:
    rows = [PlaySession(session_key=one.session_key, rating_key=one.rating_key) for one in before]
    compared = sessions.compare(rows, now)
    kept = [stream for _, stream in compared.kept]
    assert sorted(one.identity for one in [*compared.new, *kept]) == sorted(one.identity for one in now)
    seen = [*(row for row, _ in compared.kept), *compared.gone]
    assert sorted((row.session_key, row.rating_key) for row in seen) == sorted(one.identity for one in before)
    assert all((row.session_key, row.rating_key) == stream.identity for row, stream in compared.kept)
