"""Rules and limits in whole cycles, with real files: what comes, what leaves, what stays, and what is said of it."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from caching import preview
from caching.models import CacheLimit, CachePolicy, Pin, Rule
from plexusers.models import LibrarySection, WatchPolicy
from plexusers.standin import Movie, StandIn, faults
from tests.caching.neighbours import Neighbours, age, cached, read_everything_again, run
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db


@pytest.fixture
def neighbours(tmp_path: Path, settings: Settings, db: None) -> Neighbours:
    """Alex has Alpha and Beta on deck, Sam has Beta and Gamma."""
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    made = Neighbours(tmp_path)
    alpha, beta, gamma = (made.film(title) for title in ("Alpha", "Beta", "Gamma"))
    made.on_deck(made.alex, alpha, beta)
    made.on_deck(made.sam, beta, gamma)
    return made


def film(neighbours: Neighbours, title: str) -> Movie:
    found: Any = next(one for one in neighbours.household.items.values() if one.title == title)
    assert isinstance(found, Movie)
    return found


def exclude(**conditions: Any) -> Rule:
    return Rule.objects.create(name="Out", **conditions)


def decision(name: str) -> dict[str, Any]:
    return next(one for one in preview.now().decisions if one["path"].endswith(f"/{name}.mkv"))


def why(client: Client, title: str) -> dict[str, Any]:
    answer = client.get("/api/why", {"path": f"/plex/Movies/{title}/{title}.mkv"}, headers=KEY)
    assert answer.status_code == 200, answer.content
    file: dict[str, Any] = answer.json()["data"]["files"][0]
    return file


# ---- rules ----------------------------------------------------------------------------------------------------------


def test_what_a_rule_excludes_does_not_come_and_what_is_cached_of_it_leaves(
    neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    assert cached() == {"Alpha", "Beta", "Gamma"}
    neighbours.on_deck(neighbours.sam, neighbours.film("Gamma 2"))
    exclude(title="gamma*")
    done = run()
    assert cached() == {"Alpha", "Beta"}
    assert {one["reason"] for one in done.plan if "Gamma" in one["title"]} == {"excluded by the rule Out"}
    assert run().plan == list(preview.now().decisions)
    Rule.objects.update(enabled=False)
    run()
    assert cached() == {"Alpha", "Beta", "Gamma", "Gamma 2"}


@pytest.mark.parametrize("held_by", ["minimum hold", "playing", "unknown deck", "unknown playing", "pin"])
def test_an_excluded_file_stays_as_long_as_something_holds_it(
    neighbours: Neighbours, plex: StandIn, held_by: str
) -> None:
    gamma = film(neighbours, "Gamma")
    run()
    exclude(title="Gamma")
    if held_by == "minimum hold":
        CachePolicy.objects.update(minimum_hold_hours=5)
    elif held_by == "playing":
        neighbours.household.start_playing(neighbours.sam, gamma)
    elif held_by == "pin":
        Pin.objects.create(kind="movie", rating_key=gamma.key, title="Gamma")
    elif held_by == "unknown deck":
        plex.fail("/library/onDeck", faults.Status(500))
    else:
        plex.fail("/status/sessions", faults.Status(500))
    run()
    assert "Gamma" in cached()


@pytest.mark.parametrize(
    ("conditions", "gone"),
    [
        ({"libraries": "1"}, {"Alpha", "Beta", "Gamma"}),
        ({"libraries": "2"}, set()),
        ({"kind": "episode"}, set()),
        ({"kind": "movie", "title": "*a"}, {"Alpha", "Beta", "Gamma"}),
        ({"labels": "KIDS, other"}, {"Beta"}),
        ({"genres": "horror"}, {"Gamma"}),
        ({"path": "*/Beta/*"}, {"Beta"}),
        ({"larger_than": "1KB"}, set()),
        ({"smaller_than": "1KB"}, {"Alpha", "Beta", "Gamma"}),
        ({"resolutions": "4k"}, {"Gamma"}),
        ({"added_within_days": 3}, {"Alpha", "Beta", "Gamma"}),
        ({"added_before_days": 3}, set()),
        ({"released_before_days": 3000}, {"Alpha", "Beta", "Gamma"}),
    ],
    ids=lambda value: ",".join(map(str, value.items() if isinstance(value, dict) else sorted(value))),
)
def test_each_condition_asks_what_plex_tells_of_a_file(
    neighbours: Neighbours, plex: StandIn, conditions: dict[str, Any], gone: set[str]
) -> None:
    household = neighbours.household
    household.tag(film(neighbours, "Beta"), labels=["Kids"])
    household.tag(film(neighbours, "Gamma"), genres=["Drama", "Comedy", "Horror"])
    version = film(neighbours, "Gamma").versions[0]
    household.set_versions(film(neighbours, "Gamma"), household.version(*version.parts, resolution="4k"))
    exclude(**conditions)
    run()
    assert cached() == {"Alpha", "Beta", "Gamma"} - gone


def test_a_show_gives_its_label_to_all_episodes(neighbours: Neighbours, plex: StandIn) -> None:
    show, episodes = neighbours.show("Show", 3)
    neighbours.household.tag(show, labels=["Kids"])
    neighbours.on_deck(neighbours.alex, episodes[0])
    exclude(labels="Kids")
    run()
    assert cached() == {"Alpha", "Beta", "Gamma"}


def test_only_what_a_rule_includes_comes_when_that_is_wished(neighbours: Neighbours, plex: StandIn) -> None:
    CachePolicy.objects.update(only_included=True)
    Rule.objects.create(name="In", action="include", title="Alpha")
    run()
    assert cached() == {"Alpha"}
    assert decision("Beta")["reason"] == "no rule includes it"


def test_while_labels_are_unknown_nothing_comes_and_nothing_leaves(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.household.tag(film(neighbours, "Beta"), labels=["Kids"])
    run()
    neighbours.on_deck(neighbours.alex, neighbours.film("Delta"))
    CachePolicy.objects.update(only_included=True)
    Rule.objects.create(name="In", action="include", labels="Kids")
    plex.fail("/library/sections/1/label", faults.Status(500), times=1)
    done = run()
    assert "labels and genres of the rules" in done.error
    assert cached() == {"Alpha", "Beta", "Gamma"}
    assert "it is unknown whether the rule In includes it" in next(
        one["reason"] for one in done.plan if one["title"].startswith("Delta")
    )
    run()
    assert cached() == {"Beta"}


def test_labels_that_can_not_be_read_again_count_as_they_were(neighbours: Neighbours, plex: StandIn) -> None:
    neighbours.household.tag(film(neighbours, "Beta"), labels=["Kids"])
    exclude(labels="kids")
    run()
    neighbours.household.tag(film(neighbours, "Beta"), labels=[])
    plex.fail("/library/sections/1/label", faults.Status(500))
    run()
    assert cached() == {"Alpha", "Gamma"}


def test_what_the_index_does_not_know_waits_while_a_rule_asks_for_it(neighbours: Neighbours, plex: StandIn) -> None:
    run()
    exclude(libraries="2")
    neighbours.on_deck(neighbours.alex, neighbours.film("Delta"))
    plex.fail("/library/sections/1/all", faults.Status(500))
    run()
    assert "Delta" not in cached()
    assert {"Alpha", "Beta", "Gamma"} <= cached()


def test_a_rule_about_a_library_that_is_gone_hits_nothing(neighbours: Neighbours, plex: StandIn) -> None:
    exclude(libraries="77")
    run()
    assert cached() == {"Alpha", "Beta", "Gamma"}


def test_why_names_the_rule_and_what_would_change_it(neighbours: Neighbours, plex: StandIn, client: Client) -> None:
    neighbours.film("Delta")
    exclude(path="*/Movies/*")
    run()
    told = why(client, "Alpha")
    assert (told["decision"], told["reason"]) == ("skip", "excluded by the rule Out")
    assert any("Change the rule Out" in sentence for sentence in told["would_change"])
    nobodys = why(client, "Delta")
    assert (nobodys["decision"], nobodys["reason"]) == ("none", "nobody wants it")
    assert any("Change the rule Out" in sentence for sentence in nobodys["would_change"])


# ---- limits ---------------------------------------------------------------------------------------------------------


def size_of(title: str) -> int:
    return len(f"Movies/{title}/{title}.mkv".encode() * 20)


def test_a_users_limit_holds_for_what_only_that_user_wants(neighbours: Neighbours, plex: StandIn) -> None:
    run()
    CacheLimit.objects.create(user=neighbours.row(neighbours.sam), size=f"{size_of('Gamma') + 10}B")
    neighbours.on_deck(neighbours.sam, neighbours.film("Zeta"))
    run()
    assert len(cached() & {"Gamma", "Zeta"}) == 1
    assert {"Alpha", "Beta"} <= cached()
    assert run().plan == list(preview.now().decisions)


@pytest.mark.parametrize(("own", "count"), [(None, 1), ({"files": 2}, 2), ({"size": "none"}, 3)])
def test_a_users_own_limit_takes_the_place_of_the_types(
    neighbours: Neighbours, plex: StandIn, own: dict[str, Any] | None, count: int
) -> None:
    run()
    for title in ("One", "Two"):
        neighbours.on_deck(neighbours.sam, neighbours.film(title))
    CacheLimit.objects.create(kind="home", files=1)
    if own:
        CacheLimit.objects.create(user=neighbours.row(neighbours.sam), **own)
    run()
    assert len(cached() & {"Gamma", "One", "Two"}) == count
    assert {"Alpha", "Beta"} <= cached()


def test_a_librarys_limit_counts_what_is_pinned_and_evicts_for_it(
    neighbours: Neighbours, plex: StandIn, client: Client
) -> None:
    run()
    CacheLimit.objects.create(library=LibrarySection.objects.get(key="1"), files=1)
    Pin.objects.create(kind="movie", rating_key=film(neighbours, "Gamma").key, title="Gamma")
    done = run()
    assert cached() == {"Gamma"}
    assert {one["limit"] for one in done.plan if one["action"] == "evict"} == {"the limit of the library Movies"}
    told = why(client, "Alpha")
    assert "the limit of the library Movies of 1 file is used up" in told["reason"]
    assert any("Raise the limit of the library Movies" in sentence for sentence in told["would_change"])
    assert done.failures == 0


def test_what_nobody_wants_any_more_counts_for_who_wanted_it(neighbours: Neighbours, plex: StandIn) -> None:
    run()
    WatchPolicy.objects.update(watched_grace_hours=24)
    CacheLimit.objects.create(user=neighbours.row(neighbours.sam), files=1)
    neighbours.household.mark_watched(neighbours.sam, film(neighbours, "Gamma"))
    run()
    assert "Gamma" in cached()
    neighbours.on_deck(neighbours.sam, neighbours.film("Zeta"))
    run()
    assert cached() == {"Alpha", "Beta", "Zeta"}


# ---- what can be stored ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "at least one condition"),
        ({"path": "Kids"}, "write */Kids/*"),
        ({"path": "*"}, "leave it empty"),
        ({"title": "**"}, "leave it empty"),
        ({"larger_than": "big"}, "is not a size"),
        ({"larger_than": "50%"}, "amount"),
        ({"larger_than": "0"}, "such as 60GB"),
        ({"larger_than": "60GB", "smaller_than": "50GB"}, "No file is both"),
        ({"resolutions": "4k, 5k"}, "not 5k"),
        ({"added_before_days": 10, "added_within_days": 10}, "Nothing is both"),
        ({"added_within_days": 0}, "greater than or equal to 1"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused_with_the_cure(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Rule(name="Rule", **values).full_clean()
    assert sentence in " ".join(refused.value.messages)


def test_the_database_takes_no_rule_without_a_condition() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(name="All")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"files": 3}, "Name one of"),
        ({"kind": "home"}, "Write a size"),
        ({"kind": "home", "size": "0"}, "Write a size"),
        ({"kind": "home", "size": "x"}, "is not a size"),
        ({"kind": "home", "files": 0}, "greater than or equal to 1"),
    ],
    ids=str,
)
def test_a_limit_that_cannot_be_meant_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CacheLimit(**values).full_clean()
    assert sentence in " ".join(refused.value.messages)


def test_a_limit_is_of_one_thing_only() -> None:
    library = LibrarySection.objects.create(key="9", kind="movie", title="Films")
    with pytest.raises(IntegrityError), transaction.atomic():
        CacheLimit.objects.create(kind="home", library=library, files=1)


def test_reading_the_index_again_changes_nothing(neighbours: Neighbours, plex: StandIn) -> None:
    exclude(genres="none, horror")
    run()
    read_everything_again()
    age("tags")
    run()
    assert cached() == {"Alpha", "Beta", "Gamma"}
