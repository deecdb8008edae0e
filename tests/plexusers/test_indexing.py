"""The index of the library: what is read of Plex, when, and what every disturbance does to it: nothing."""

from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from plexusers import indexing
from plexusers.indexing import Step, step_for, whole_due
from plexusers.models import (
    ItemKind,
    LibraryFile,
    LibraryGuid,
    LibraryItem,
    LibrarySection,
    PlexUser,
    SourceState,
    SourceStatus,
    UserKind,
    WatchState,
)
from plexusers.plex import Plex
from plexusers.standin import StandIn, faults
from tests.plexusers.shelves import Meanwhile, Shelves, asked, connect, serving

pytestmark = pytest.mark.django_db

SECTIONS = "/library/sections"
FILMS, SHOWS, EPISODES = (f"{SECTIONS}/{rest}" for rest in ("1/all?type=1", "2/all?type=2", "2/all?type=4"))


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


@pytest.fixture
def standin(shelves: Shelves) -> Iterator[StandIn]:
    with serving(shelves) as server:
        yield server


@pytest.fixture
def plex(standin: StandIn) -> Plex:
    return connect(standin)


def titles() -> list[str]:
    return sorted(LibraryItem.objects.values_list("title", flat=True))


def state() -> SourceState:
    return SourceState.objects.get(source="library")


# ---- good readings --------------------------------------------------------------------------------------------------


def test_everything_is_read_at_first(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    household = shelves.household
    small = household.version(household.part("/data/Movies/Two cd1.mkv", 1), household.part("/data/Movies/cd2.mkv", 2))
    sharp = household.version(household.part("/data/Movies/Two 4k.mkv", 9), resolution="4k")
    phone = household.version(household.part("/data/Movies/Two phone.mp4", 1), resolution="480", optimized=True)
    household.add_movie(
        shelves.films, "Two", small, sharp, phone, year=1999, guid="plex://movie/00000000000000000000000a",
        guids=["imdb://tt0000002", "tmdb://2"], edition="Long", duration=5000, added_at=123,
    )  # fmt: skip
    show, (first, second) = shelves.show("Show", 1, 1)

    done = indexing.refresh(plex, now=shelves.now)

    assert (done.sections, done.written, done.removed, done.failed) == (("Movies", "TV"), 4, 0, "")
    film = LibraryItem.objects.get(kind="movie")
    assert (film.title, film.year, film.released, film.edition) == ("Two", 1999, "1999-06-01", "Long")
    assert (film.duration, film.added_at, film.updated_at, film.section.title) == (5000, 123, 123, "Movies")
    assert set(film.guids.values_list("guid", flat=True)) == {
        "plex://movie/00000000000000000000000a", "imdb://tt0000002", "tmdb://2",
    }  # fmt: skip
    files = LibraryFile.objects.filter(item=film).values_list("path", "size", "version", "part", "height", "optimized")
    assert set(files) == {
        ("/data/Movies/Two cd1.mkv", 1, str(small.id), 0, 1080, False),
        ("/data/Movies/cd2.mkv", 2, str(small.id), 1, 1080, False),
        ("/data/Movies/Two 4k.mkv", 9, str(sharp.id), 0, 2160, False),
        ("/data/Movies/Two phone.mp4", 1, str(phone.id), 0, 480, True),
    }
    episodes = LibraryItem.objects.filter(show_key=show.key).order_by("season")
    assert [(one.rating_key, one.season, one.number) for one in episodes] == [(first.key, 1, 1), (second.key, 2, 1)]
    assert LibraryItem.objects.get(kind="show").rating_key == show.key
    assert asked(standin) == [SECTIONS, FILMS, SHOWS, EPISODES, SECTIONS]
    assert (state().status, state().count) == (SourceStatus.FRESH, 4)


def test_nothing_changed_costs_one_request_and_writes_nothing(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    shelves.films_named("A", "B")
    indexing.refresh(plex, now=shelves.now)
    asked(standin)
    done = indexing.refresh(plex, now=shelves.later(hours=5))
    assert (done.sections, done.written, asked(standin)) == ((), 0, [SECTIONS])
    assert state().checked_at == shelves.now


def test_what_changed_costs_one_page_of_its_library(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    films = shelves.films_named(*(f"Film {number}" for number in range(600)))
    shelves.later(days=1)
    shelves.show("Show", 2)
    shelves.film("Newest")
    indexing.refresh(plex, now=shelves.now)
    assert asked(standin) == [SECTIONS, FILMS, FILMS, SHOWS, EPISODES, SECTIONS]
    now = shelves.later(hours=5)
    household = shelves.household
    household.set_versions(films[7], household.version(household.part("/data/Movies/sharp.mkv", 9), resolution="4k"))
    shelves.film("New")
    done = indexing.refresh(plex, now=now)
    assert (done.sections, done.written, asked(standin)) == (("Movies",), 2, [SECTIONS, FILMS])
    assert [file.path for file in LibraryFile.objects.filter(item__rating_key=films[7].key)] == [
        "/data/Movies/sharp.mkv"
    ]
    assert LibraryItem.objects.filter(title="New", files__path="/data/Movies/New.mkv").exists()


def test_a_change_in_a_show_library_costs_two_pages(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    show, _ = shelves.show("Show", 2)
    indexing.refresh(plex, now=shelves.now)
    asked(standin)
    shelves.later(hours=5)
    shelves.episode(show, 1, 3)
    assert indexing.refresh(plex, now=shelves.now).written == 1
    assert asked(standin) == [SECTIONS, SHOWS, EPISODES]


def test_more_changes_than_a_page_holds_are_all_read(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    shelves.films_named("Old")
    indexing.refresh(plex, now=shelves.now)
    shelves.later(hours=5)
    shelves.films_named(*(f"New {number}" for number in range(700)))
    asked(standin)
    assert indexing.refresh(plex, now=shelves.now).written == 700
    assert asked(standin) == [SECTIONS, FILMS, FILMS, FILMS]  # 100, 500 and the rest


def test_a_day_later_all_is_read_and_nothing_written(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    shelves.films_named("A")
    shelves.show("Show", 2)
    indexing.refresh(plex, now=shelves.now)
    asked(standin)
    done = indexing.refresh(plex, now=shelves.later(days=1))
    assert (done.written, asked(standin)) == (0, [SECTIONS, FILMS, SHOWS, EPISODES, SECTIONS])


def test_new_names_of_an_item_replace_its_old_ones(shelves: Shelves, plex: Plex) -> None:
    household = shelves.household
    film = household.add_movie(shelves.films, "Film", guid="local://5")
    indexing.refresh(plex, now=shelves.now)
    assert not LibraryGuid.objects.exists()
    household.remove(film)
    shelves.later(hours=5)
    household.add_movie(shelves.films, "Film", guid="com.plexapp.agents.imdb://tt0000005?lang=en")
    indexing.refresh(plex, now=shelves.now)
    assert [one.guid for one in LibraryGuid.objects.all()] == ["imdb://tt0000005"]


def test_a_film_in_two_libraries_is_two_items_with_one_file(shelves: Shelves, plex: Plex) -> None:
    kids = shelves.household.add_section("movie", "Kids", "/data/Movies")
    for section in (shelves.films, kids):
        shelves.film(
            "Both", section=section, path="/data/Movies/Both.mkv", guid="plex://movie/00000000000000000000000b"
        )
    indexing.refresh(plex, now=shelves.now)
    assert sorted(LibraryItem.objects.values_list("section__title", flat=True)) == ["Kids", "Movies"]
    assert LibraryFile.objects.filter(path="/data/Movies/Both.mkv").count() == 2
    assert LibraryGuid.objects.count() == 2


def test_a_library_that_is_switched_off_is_not_read(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    shelves.films_named("A")
    shelves.show("Show", 1)
    indexing.refresh(plex, now=shelves.now)
    LibrarySection.objects.filter(title="TV").update(enabled=False)
    shelves.show("Other", 1)
    shelves.film("B")
    asked(standin)
    indexing.refresh(plex, now=shelves.later(hours=5))
    assert asked(standin) == [SECTIONS, FILMS]


# ---- what was deleted -----------------------------------------------------------------------------------------------


def test_a_deleted_item_leaves_when_it_was_missing_twice(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    gone, *_ = shelves.films_named("Gone", "A", "B")
    indexing.refresh(plex, now=shelves.now)
    shelves.household.remove(gone)
    asked(standin)
    once = indexing.refresh(plex, now=shelves.later(hours=5))
    assert (once.removed, LibraryItem.objects.get(title="Gone").missing) == (0, 1)
    assert asked(standin) == [SECTIONS, FILMS, FILMS, SECTIONS]
    soon = indexing.refresh(plex, now=shelves.later(minutes=59))
    assert (soon.removed, asked(standin)) == (0, [SECTIONS])
    twice = indexing.refresh(plex, now=shelves.later(minutes=1))
    assert (twice.removed, titles()) == (1, ["A", "B"])
    assert asked(standin) == [SECTIONS, FILMS, SECTIONS]
    indexing.refresh(plex, now=shelves.later(hours=2))
    assert asked(standin) == [SECTIONS]


def test_what_is_known_of_an_items_viewers_goes_with_it(shelves: Shelves, plex: Plex) -> None:
    gone, kept = shelves.films_named("Gone", "Kept")
    alex = PlexUser.objects.create(plex_id=5, kind=UserKind.MAIN, title="Alex")
    for film in (gone, kept):
        WatchState.objects.create(user=alex, rating_key=film.key, views=1)
    indexing.refresh(plex, now=shelves.now)
    shelves.household.remove(gone)
    for _ in range(2):
        indexing.refresh(plex, now=shelves.later(hours=5))
    assert [state.rating_key for state in WatchState.objects.all()] == [kept.key]


def test_an_item_that_comes_back_was_never_missing(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    film, _ = shelves.films_named("Film", "Other")
    indexing.refresh(plex, now=shelves.now)
    LibraryItem.objects.filter(title="Film").update(missing=1)
    indexing.refresh(plex, now=shelves.later(days=1))
    shelves.household.remove(film)
    indexing.refresh(plex, now=shelves.later(hours=5))
    assert LibraryItem.objects.get(title="Film").missing == 1


def test_a_deleted_show_takes_its_episodes_along(shelves: Shelves, plex: Plex) -> None:
    show, _ = shelves.show("Gone", 3)
    shelves.show("Kept", 1)
    indexing.refresh(plex, now=shelves.now)
    shelves.household.remove(show)
    for _ in range(2):
        indexing.refresh(plex, now=shelves.later(hours=5))
    assert LibraryItem.objects.count() == 2


# ---- disturbed readings ---------------------------------------------------------------------------------------------


def many(shelves: Shelves) -> list[str]:
    """More films than a page holds; their titles, in the order of the pages."""
    names = [f"{number:04}" for number in range(1100)]
    shelves.films_named(*names)
    return names


def test_a_film_that_slips_through_between_two_pages_stays(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    """One film of the first page goes after it was read: the first film of the second page is told of by no page."""
    names = many(shelves)
    indexing.refresh(plex, now=shelves.now)
    first = next(item for item in shelves.household.items.values() if item.title == names[0])
    standin.fail("/library/sections/1/all", Meanwhile(lambda: shelves.household.remove(first)), times=1)
    now = shelves.later(days=1)
    assert indexing.refresh(plex, now=now).failed == ""
    assert not LibraryItem.objects.filter(missing__gt=0).exists()
    assert LibrarySection.objects.get(title="Movies").whole_due_at == now + timedelta(hours=1)
    for _ in range(2):
        indexing.refresh(plex, now=shelves.later(hours=1))
    assert titles() == names[1:]


def test_a_film_that_is_told_of_twice_is_one_item(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    """A film is put in front while the pages are read: the last one of a page is the first one of the next, too."""
    names = many(shelves)
    early = Meanwhile(lambda: shelves.household.add_movie(shelves.films, "Early", added_at=5))
    standin.fail("/library/sections/1/all", early, times=1)
    indexing.refresh(plex, now=shelves.now)
    assert titles() == names
    indexing.refresh(plex, now=shelves.later(hours=1))
    assert titles() == [*names, "Early"]


def test_a_change_after_the_last_page_keeps_everything(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    """The reading was complete, but Plex's count of changes is another one afterwards: so nothing counts as missing."""
    gone, other = shelves.films_named("Gone", "Other")
    indexing.refresh(plex, now=shelves.now)
    shelves.household.remove(gone)
    change = Meanwhile(lambda: shelves.household.set_versions(other))
    now = shelves.later(days=1)
    standin.fail("/library/sections/1/all", change, times=1)
    indexing.refresh(plex, now=now)
    assert LibraryItem.objects.get(title="Gone").missing == 0
    assert LibrarySection.objects.get(title="Movies").whole_due_at == now + timedelta(hours=1)


FAULTS = [
    pytest.param(faults.Status(500), id="500"),
    pytest.param(faults.Status(401), id="401"),
    pytest.param(faults.Status(429, retry_after=0), id="429"),
    pytest.param(faults.Status(520), id="520"),
    pytest.param(faults.Reset(), id="reset"),
    pytest.param(faults.Truncated(), id="truncated"),
    pytest.param(faults.CUT_DOCUMENT, id="cut document"),
    pytest.param(faults.MALFORMED, id="malformed"),
    pytest.param(faults.CAPTIVE_PORTAL, id="captive portal"),
    pytest.param(faults.EMPTY, id="empty body"),
    pytest.param(faults.wrong_size(0), id="says that it is empty"),
    pytest.param(faults.wrong_size(5000), id="says that there is more"),
    pytest.param(faults.Body(lambda body: body.replace(b"totalSize", b"x")), id="without pages"),
    pytest.param(faults.Body(lambda body: body.replace(b' offset="', b' offset="9')), id="another page"),
    pytest.param(faults.Body(lambda body: body.replace(b"ratingKey", b"x")), id="without keys"),
    pytest.param(faults.Body(lambda body: body.replace(b' year="', b' year="MM')), id="a year in letters"),
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("page", ["first", "second"])
def test_a_bad_page_changes_nothing_and_the_other_libraries_are_read(
    shelves: Shelves, standin: StandIn, plex: Plex, fault: faults.Fault, page: str
) -> None:
    names = [f"{number:04}" for number in range(501)]
    films = shelves.films_named(*names)
    show, _ = shelves.show("Show", 1)
    indexing.refresh(plex, now=shelves.now)
    for film in films[:400]:
        shelves.household.remove(film)
    now = shelves.later(days=1)
    shelves.episode(show, 1, 2)
    if page == "second":
        shelves.films_named(*(f"new {number}" for number in range(500)))
    standin.fail("/library/sections/1/all", fault)
    if page == "second":
        standin.fail("/library/sections/1/all", Meanwhile(lambda: None), times=1)
    done = indexing.refresh(plex, now=now)
    assert done.failed.startswith("Movies: ")
    assert done.failed.count("\n") == 0
    assert done.sections == ("TV",)
    assert set(names) <= set(titles())
    assert not LibraryItem.objects.filter(missing__gt=0).exists()
    assert LibraryItem.objects.filter(kind=ItemKind.EPISODE).count() == 2
    assert (state().status, state().why) == (SourceStatus.FAILED, done.failed)
    assert state().good_at != now
    standin.heal()
    assert indexing.refresh(plex, now=shelves.later(minutes=1)).failed == ""
    assert state().status == SourceStatus.FRESH


@pytest.mark.parametrize("fault", FAULTS[:11])
def test_without_the_list_of_libraries_nothing_is_read(
    shelves: Shelves, standin: StandIn, plex: Plex, fault: faults.Fault
) -> None:
    shelves.films_named("A")
    indexing.refresh(plex, now=shelves.now)
    standin.fail("/library/sections", fault)
    done = indexing.refresh(plex, now=shelves.later(days=1))
    assert (done.sections, bool(done.failed), titles()) == ((), True, ["A"])
    assert not LibrarySection.objects.filter(missing_since__isnull=False).exists()


def test_a_library_whose_count_is_unknown_afterwards_loses_nothing(
    shelves: Shelves, standin: StandIn, plex: Plex
) -> None:
    gone, _ = shelves.films_named("Gone", "Kept")
    indexing.refresh(plex, now=shelves.now)
    shelves.household.remove(gone)
    standin.fail("/library/sections", faults.Status(500))
    for path in ("/library/sections/1/all", "/library/sections/2/all", "/library/sections"):
        standin.fail(path, Meanwhile(lambda: None), times=2 if path.endswith("2/all") else 1)
    done = indexing.refresh(plex, now=shelves.later(days=1))
    assert (bool(done.failed), done.sections) == (True, ("Movies", "TV"))
    assert LibraryItem.objects.get(title="Gone").missing == 0


def test_a_server_that_does_not_sort_by_time_is_read_whole(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    old, *_ = shelves.films_named("A", "B", "C")
    indexing.refresh(plex, now=shelves.now)
    shelves.later(hours=5)
    shelves.household.set_versions(old)
    shelves.later(hours=5)
    household = shelves.household
    household.set_versions(shelves.film("D"))
    asked(standin)

    def backwards(body: bytes) -> bytes:
        root = ElementTree.fromstring(body)
        root[:] = list(reversed(root))
        return ElementTree.tostring(root)

    standin.fail("/library/sections/1/all", faults.Body(backwards))
    indexing.refresh(plex, now=shelves.now)
    assert asked(standin) == [SECTIONS, FILMS, FILMS, SECTIONS]
    assert titles() == ["A", "B", "C", "D"]


def test_an_item_that_is_dated_in_the_future_hides_no_change(shelves: Shelves, standin: StandIn, plex: Plex) -> None:
    shelves.household.add_movie(shelves.films, "From 2050", added_at=2_524_608_000)
    film = shelves.film("Film")
    indexing.refresh(plex, now=shelves.now)
    shelves.later(hours=5)
    household = shelves.household
    household.set_versions(film, household.version(household.part("/data/Movies/sharp.mkv", 9)))
    asked(standin)
    assert indexing.refresh(plex, now=shelves.now).written == 1
    assert asked(standin) == [SECTIONS, FILMS]


def test_a_server_that_counts_no_changes_loses_nothing_between_two_pages(
    shelves: Shelves, standin: StandIn, plex: Plex
) -> None:
    """Without Plex's count only the numbers of items say that a reading was disturbed."""
    names = many(shelves)
    standin.fail("/library/sections", faults.Body(lambda body: body.replace(b"contentChangedAt", b"x")))
    indexing.refresh(plex, now=shelves.now)
    first = next(item for item in shelves.household.items.values() if item.title == names[0])
    now = shelves.later(days=1)
    standin.fail("/library/sections/1/all", Meanwhile(lambda: shelves.household.remove(first)), times=1)
    indexing.refresh(plex, now=now)
    assert not LibraryItem.objects.filter(missing__gt=0).exists()
    for _ in range(2):
        indexing.refresh(plex, now=shelves.later(hours=1))
    assert titles() == names[1:]


def test_numbers_that_do_not_agree_lead_to_a_whole_reading_once_an_hour_at_most(
    shelves: Shelves, standin: StandIn, plex: Plex
) -> None:
    gone, _ = shelves.films_named("Gone", "Kept")
    indexing.refresh(plex, now=shelves.now)
    shelves.household.remove(gone)
    asked(standin)
    for minutes in (10, 49):
        indexing.refresh(plex, now=shelves.later(minutes=minutes))
        assert asked(standin) == [SECTIONS, FILMS]
    indexing.refresh(plex, now=shelves.later(minutes=1))
    assert asked(standin) == [SECTIONS, FILMS, SECTIONS]
    assert LibraryItem.objects.get(title="Gone").missing == 1


# ---- libraries that come and go -------------------------------------------------------------------------------------


def test_a_library_leaves_when_it_was_missing_twice_an_hour_apart(
    shelves: Shelves, standin: StandIn, plex: Plex
) -> None:
    shelves.films_named("A")
    shelves.show("Show", 1)
    indexing.refresh(plex, now=shelves.now)
    hidden = shelves.household.sections.pop(shelves.shows.key)
    indexing.refresh(plex, now=shelves.later(hours=5))
    assert LibrarySection.objects.get(title="TV").missing_since == shelves.now
    indexing.refresh(plex, now=shelves.later(minutes=59))
    assert titles() == ["A", "Episode 1", "Show"]
    shelves.household.sections[hidden.key] = hidden
    indexing.refresh(plex, now=shelves.later(minutes=10))
    assert LibrarySection.objects.get(title="TV").missing_since is None
    del shelves.household.sections[hidden.key]
    indexing.refresh(plex, now=shelves.later(hours=5))
    indexing.refresh(plex, now=shelves.later(hours=1))
    assert titles() == ["A"]


def test_another_library_with_the_same_key_is_read_whole_at_once(
    shelves: Shelves, standin: StandIn, plex: Plex
) -> None:
    shelves.films_named("A")
    indexing.refresh(plex, now=shelves.now)
    asked(standin)
    standin.fail("/library/sections", faults.Body(lambda body: body.replace(b' uuid="', b' uuid="f')))
    indexing.refresh(plex, now=shelves.later(minutes=1))
    assert asked(standin) == [SECTIONS, FILMS, SHOWS, EPISODES, SECTIONS]


def test_a_library_that_is_hidden_from_the_home_screen_is_indexed(shelves: Shelves, plex: Plex) -> None:
    shelves.film("Secret", section=shelves.household.add_section("movie", "Hidden", "/data/Hidden", hidden=2))
    indexing.refresh(plex, now=shelves.now)
    assert titles() == ["Secret"]


def test_a_server_without_any_library_is_a_server_in_trouble(shelves: Shelves, plex: Plex) -> None:
    shelves.films_named("A")
    indexing.refresh(plex, now=shelves.now)
    shelves.household.sections.clear()
    for _ in range(3):
        done = indexing.refresh(plex, now=shelves.later(hours=5))
        assert done.failed.startswith("Plex names no library at all.")
    assert titles() == ["A"]


# ---- decisions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_in", "known", "counter", "step"),
    [
        (None, 5, 5, Step.WHOLE),
        (0, 5, 5, Step.WHOLE),
        (1, 5, 5, Step.NOTHING),
        (1, 5, 6, Step.CHANGES),
        (1, 6, 5, Step.CHANGES),
        (1, None, 5, Step.CHANGES),
        (1, None, None, Step.CHANGES),
    ],
)
def test_how_much_is_read(due_in: int | None, known: int | None, counter: int | None, step: Step) -> None:
    now = Shelves().now
    due = None if due_in is None else now + timedelta(hours=due_in)
    assert step_for(LibrarySection(whole_due_at=due, content_changed=known), counter, now) is step


@pytest.mark.parametrize(
    ("complete", "absent", "hours"), [(True, False, 24), (True, True, 1), (False, False, 1), (False, True, 1)]
)
def test_when_all_is_read_again(*, complete: bool, absent: bool, hours: int) -> None:
    now = Shelves().now
    assert whole_due(now, complete=complete, absent=absent) == now + timedelta(hours=hours)
