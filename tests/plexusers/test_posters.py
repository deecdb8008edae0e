"""Posters: copied little by little from the server, shown from here."""

from typing import Any

import pytest
from django.db.models import QuerySet
from django.test import Client

from plexusers import avatars, indexing, posters
from plexusers.avatars import Rest
from plexusers.models import LibraryItem, Poster
from plexusers.server import connect
from plexusers.standin import StandIn, faults
from plexusers.standin.faults import Fault
from tests.plexusers.people import Family, asked

PNG = b"\x89PNG"
ASKED = "/photo/:/transcode"


def keys(*titles: str) -> QuerySet[LibraryItem, Any]:
    return LibraryItem.objects.filter(title__in=titles).values("rating_key")


def fetch(*wanted: QuerySet[LibraryItem, Any]) -> int:
    """With no earlier test's failure in mind."""
    return posters.fetch_some(*wanted, rest=Rest())


@pytest.fixture
def library(family: Family, at_plex: StandIn) -> Family:
    """Two films and a show with an episode, indexed."""
    household = family.household
    for title in ("Alpha", "Beta"):
        household.add_movie(family.films, title, household.version(household.part(f"/data/{title}.mkv", 1)), year=2001)
    show = household.add_show(family.shows, "Show", year=2002)
    household.add_episode(show, 1, 1, household.version(household.part("/data/1x1.mkv", 1)), title="Pilot")
    indexing.refresh(connect())
    asked(at_plex)
    return family


def key_of(title: str) -> str:
    return LibraryItem.objects.get(title=title).rating_key


def test_a_poster_is_copied_once_and_shown_from_here(admin_client: Client, library: Family, at_plex: StandIn) -> None:
    assert posters.addresses([key_of("Alpha")]) == {}
    assert fetch(keys("Alpha"), keys("Nothing")) == 1
    assert asked(at_plex).count(ASKED) == 1
    assert fetch(keys("Alpha")) == 0
    assert asked(at_plex) == []
    answer = admin_client.get(posters.addresses([key_of("Alpha"), key_of("Beta")])[key_of("Alpha")])
    assert (answer.status_code, answer.headers["Content-Type"], answer.content[:4]) == (200, "image/png", PNG)


def test_an_episode_has_the_poster_of_its_show(library: Family, at_plex: StandIn) -> None:
    assert fetch(keys("Pilot")) == 1
    (only,) = Poster.objects.all()
    assert only.rating_key == key_of("Show")
    assert posters.addresses([key_of("Pilot")])[key_of("Pilot")].startswith(
        f"/admin/plexusers/libraryitem/poster/{key_of('Show')}/?"
    )


def test_a_poster_is_asked_for_again_when_its_item_has_changed(library: Family, at_plex: StandIn) -> None:
    fetch(keys("Alpha"))
    before = posters.addresses([key_of("Alpha")])
    LibraryItem.objects.filter(title="Alpha").update(updated_at=2_000_000_000)
    assert fetch(keys("Alpha")) == 1
    assert posters.addresses([key_of("Alpha")]) != before


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.Status(404), id="none"),
        pytest.param(faults.Body(lambda _: b"<svg onload=x>", "image/svg+xml"), id="a type that can hold scripts"),
        pytest.param(faults.Body(lambda _: b"x" * (avatars.MAX_BYTES + 1), "image/png"), id="too large"),
        pytest.param(faults.CAPTIVE_PORTAL, id="a page"),
    ],
)
def test_what_is_no_good_picture_is_not_shown_and_not_asked_for_again(
    admin_client: Client, library: Family, at_plex: StandIn, fault: Fault
) -> None:
    at_plex.fail(ASKED, fault)
    assert fetch(keys("Alpha")) == 1
    assert posters.addresses([key_of("Alpha")]) == {}
    assert fetch(keys("Alpha")) == 0
    assert admin_client.get(posters.address(key_of("Alpha"), 1)).status_code == 404


def test_when_plex_is_away_it_is_left_alone_for_a_while(library: Family, at_plex: StandIn) -> None:
    rest = Rest()
    at_plex.fail(ASKED, faults.Status(500))
    posters.fetch_some(keys("Alpha", "Beta"), rest=rest)
    assert asked(at_plex).count(ASKED) == 1
    assert posters.fetch_some(keys("Alpha", "Beta"), rest=rest) == 0
    assert asked(at_plex) == []


def test_what_is_shown_no_more_is_forgotten_beyond_some(library: Family, at_plex: StandIn) -> None:
    Poster.objects.bulk_create(Poster(rating_key=f"x{number}") for number in range(posters.SPARE + 3))
    fetch(keys("Alpha"))
    assert Poster.objects.count() == posters.SPARE + 1
    assert not Poster.objects.filter(rating_key="x0").exists()


def test_nobody_sees_posters_without_signing_in(client: Client, library: Family, at_plex: StandIn) -> None:
    fetch(keys("Alpha"))
    assert client.get(posters.address(key_of("Alpha"), 1)).status_code == 302


def test_what_is_not_a_picture_s_address_is_an_icon() -> None:
    assert "<img" not in posters.tile("")
    assert "<img" in posters.tile("/x")
