"""Rules and limits by page and by API: what is refused, what a rule would hit, how much of a limit is used up."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from caching.models import CacheLimit, CachePolicy, Rule
from plexusers.models import LibrarySection
from plexusers.standin import StandIn, faults
from tests.caching.neighbours import Neighbours, run
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db

ADD, RULES = "/admin/caching/rule/add/", "/admin/caching/rule/"
PREVIEW = "/admin/caching/rule/preview/"
EMPTY = {"name": "", "action": "exclude", "order": "10", "enabled": "on"}


@pytest.fixture
def neighbours(tmp_path: Path, settings: Settings, db: None) -> Neighbours:
    """Alex has Alpha on deck; Beta, labelled Kids, and two episodes in one file are nobody's."""
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")
    made = Neighbours(tmp_path)
    made.on_deck(made.alex, made.film("Alpha"))
    made.household.tag(made.film("Beta"), labels=["Kids"])
    show, (first, _) = made.show("Show", 2)
    made.household.add_episode(show, 1, 3, first.versions[0])
    return made


@pytest.fixture
def admin(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


def send(client: Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    how = getattr(client, method)
    answer = how(f"/api/{path}", body, content_type="application/json", headers=KEY) if body else how(
        f"/api/{path}", headers=KEY
    )  # fmt: skip
    assert answer.status_code == status, answer.content
    told = answer.json()
    return told["data"] if status < 400 else told["error"]


# ---- by API ---------------------------------------------------------------------------------------------------------


def test_a_rule_is_added_changed_and_deleted(client: Client, neighbours: Neighbours) -> None:
    body = {"name": "Kids", "labels": ["Kids", "Family"], "libraries": ["1"], "larger_than": "1GB", "order": 5}
    made = send(client, "post", "rules", body, 201)
    assert (made["action"], made["labels"], made["libraries"], made["kind"]) == (
        "exclude", ["Kids", "Family"], ["1"], "",
    )  # fmt: skip
    changed = send(client, "put", f"rules/{made['id']}", {"labels": [], "added_within_days": 7, "kind": "movie"})
    assert changed == made | {"labels": [], "added_within_days": 7, "kind": "movie"}
    assert send(client, "put", f"rules/{made['id']}", {"added_within_days": None, "kind": None})["kind"] == ""
    assert send(client, "get", f"rules/{made['id']}")["larger_than"] == "1GB"
    send(client, "post", "rules", {"name": "First", "order": 1, "action": "include", "path": "/x/*"}, 201)
    listed = send(client, "get", "rules")
    assert [one["name"] for one in listed["items"]] == ["First", "Kids"]
    assert listed["pagination"]["total"] == 2
    assert send(client, "delete", f"rules/{made['id']}") == {"name": "Kids"}
    send(client, "get", f"rules/{made['id']}", status=404)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"name": "All"}, "at least one condition"),
        ({"title": "x"}, "name:"),
        ({"name": "Kids", "path": "Kids"}, "path: A path begins with a slash"),
        ({"name": "Kids", "larger_than": "huge"}, "larger_than: 'huge' is not a size"),
        ({"name": "Kids", "labels": ["a,b"]}, "labels"),
        ({"name": "Kids", "resolutions": ["5k"]}, "resolutions"),
        ({"name": "Kids", "added_within_days": 0}, "added_within_days"),
        ({"name": "Kids", "colour": "red"}, "colour"),
        ({"name": "Taken", "title": "x"}, "name: Rule with this Name already exists"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_answered_with_the_cure(
    client: Client, neighbours: Neighbours, body: dict[str, Any], sentence: str
) -> None:
    Rule.objects.create(name="Taken", title="y")
    assert sentence in send(client, "post", "rules", body, 422)
    assert Rule.objects.count() == 1


def test_a_preview_tells_what_a_rule_would_hit_and_stores_nothing(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    shown = send(client, "post", "rules/preview", {"path": "/plex/Movies/*"})
    assert (shown["files"], shown["total"], shown["unknown"], shown["earlier"], shown["notes"]) == (2, 5, 0, 0, [])
    assert (shown["cached"]["files"], shown["array"]["files"]) == (1, 1)
    (example,) = shown["cached"]["examples"]
    assert (example["title"], example["size"]) == ("Alpha (2001)", shown["cached"]["size"])
    assert not Rule.objects.exists()
    episodes = send(client, "post", "rules/preview", {"kind": "episode"})
    assert episodes["files"] == 2  # two of the three episodes are in one file


def test_a_preview_of_a_stored_rule_lays_changes_over_it(client: Client, neighbours: Neighbours, plex: StandIn) -> None:
    run()
    Rule.objects.create(name="Before", order=1, title="Beta")
    row = Rule.objects.create(name="Films", kind="movie", order=5)
    shown = send(client, "post", "rules/preview", {"id": row.pk, "title": "*eta"})
    assert (shown["files"], shown["earlier"]) == (1, 1)
    row.refresh_from_db()
    assert row.title == ""


def test_a_preview_asks_plex_for_a_label_that_was_never_read(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    assert send(client, "post", "rules/preview", {"labels": ["kids"]})["files"] == 1
    assert send(client, "post", "rules/preview", {"labels": ["kidz"]})["notes"] == [
        "Nothing in Plex has the label kidz."
    ]
    plex.fail("/library/sections/1/genre", faults.Status(500))
    shown = send(client, "post", "rules/preview", {"genres": ["horror"]})
    assert (shown["files"], shown["unknown"]) == (0, 2)
    assert "could not be asked" in shown["notes"][0]


def test_a_limit_is_added_changed_and_tells_how_much_is_used(
    client: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    alex = neighbours.row(neighbours.alex)
    made = send(client, "post", "limits", {"user": alex.plex_id, "size": "1GB"}, 201)
    assert (made["holder"], made["kind"], made["library"]) == ("Alex", None, None)
    assert [(one["holder"], one["files"]) for one in made["used"]] == [("Alex", 1)]
    assert made["used"][0]["size"] > 0
    assert send(client, "put", f"limits/{made['id']}", {"size": None, "files": 3})["files"] == 3
    library = send(client, "post", "limits", {"library": "1", "files": 2}, 201)
    assert [(one["holder"], one["files"]) for one in library["used"]] == [("Movies", 1)]
    kind = send(client, "post", "limits", {"kind": "home", "size": "10%"}, 201)
    assert [(one["holder"], one["files"]) for one in kind["used"]] == [("Sam", 0)]
    assert send(client, "get", "limits")["pagination"]["total"] == 3
    assert send(client, "get", f"limits/{library['id']}") == library
    assert send(client, "delete", f"limits/{kind['id']}") == {"holder": "each home user"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"size": "1GB"}, "Name one of user"),
        ({"kind": "home"}, "Write a size, a number of files"),
        ({"kind": "home", "library": "1", "files": 1}, "Name one of user"),
        ({"kind": "home", "size": "much"}, "size: 'much' is not a size"),
        ({"kind": "guest", "size": "1GB"}, "kind"),
        ({"library": "77", "size": "1GB"}, "library: there is none"),
        ({"user": 4711, "size": "1GB"}, "user: there is none"),
        ({"kind": "shared", "files": 1}, "already exists"),
    ],
    ids=str,
)
def test_a_limit_that_cannot_be_meant_is_answered_with_the_cure(
    client: Client, neighbours: Neighbours, body: dict[str, Any], sentence: str
) -> None:
    LibrarySection.objects.create(key="1", kind="movie", title="Movies")
    CacheLimit.objects.create(kind="shared", files=2)
    assert sentence in send(client, "post", "limits", body, 422)
    assert CacheLimit.objects.count() == 1


# ---- by page --------------------------------------------------------------------------------------------------------


def test_a_rule_is_written_in_the_admin_and_listed_in_words(
    admin: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    assert b"There are no rules" in admin.get(RULES).content
    form = EMPTY | {"name": "Kids", "libraries": ["1"], "labels": " Kids , , Family", "resolutions": ["4k", "1080"]}
    assert admin.post(ADD, form).status_code == 302
    row = Rule.objects.get()
    assert (row.libraries, row.labels, row.resolutions) == ("1", "Kids, Family", "4k, 1080")
    page = admin.get(RULES).content.decode()
    assert "library Movies; label Kids or Family; resolution 4k or 1080" in page
    assert 'value="20"' in admin.get(ADD).content.decode()  # a new rule is the last one
    LibrarySection.objects.filter(key="1").delete()
    assert "number 1, which is gone" in admin.get(f"{RULES}{row.pk}/change/").content.decode()


def test_order_and_switch_are_changed_in_the_list(admin: Client, neighbours: Neighbours) -> None:
    first, second = (Rule.objects.create(name=name, title=name, order=order) for name, order in (("A", 10), ("B", 20)))
    form = {
        "form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "form-0-id": first.pk, "form-0-order": "30",
        "form-1-id": second.pk, "form-1-order": "20", "form-1-enabled": "on", "_save": "Save",
    }  # fmt: skip
    assert admin.post(RULES, form).status_code == 302
    assert list(Rule.objects.values_list("name", "enabled")) == [("B", True), ("A", False)]


def test_the_list_says_when_nothing_is_cached_at_all(admin: Client, neighbours: Neighbours) -> None:
    CachePolicy.objects.update(only_included=True)
    Rule.objects.create(name="Out", title="x")
    assert "so nothing is cached" in admin.get(RULES).content.decode()
    Rule.objects.create(name="In", title="y", action="include")
    assert "so nothing is cached" not in admin.get(RULES).content.decode()


@pytest.mark.parametrize("fragment", [False, True])
def test_the_form_shows_what_it_hits_without_saving_it(
    admin: Client, neighbours: Neighbours, plex: StandIn, fragment: bool
) -> None:
    run()
    address = f"{PREVIEW}?fragment=1" if fragment else PREVIEW
    page = admin.post(address, EMPTY | {"kind": "movie"}).content.decode()
    assert "It hits 2 of 5 files" in page
    assert "Cached now: 1 of them" in page
    assert ("<html" in page) is not fragment
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "at least one condition"),
        ({"path": "Kids"}, "A path begins with a slash"),
        ({"larger_than": "<b>"}, "is not a size"),
        ({"order": "x", "title": "a"}, "whole number"),
    ],
    ids=str,
)
def test_the_preview_of_a_wrong_form_says_what_is_wrong(
    admin: Client, neighbours: Neighbours, values: dict[str, str], sentence: str
) -> None:
    page = admin.post(f"{PREVIEW}?fragment=1", EMPTY | values).content.decode()
    assert sentence in page
    assert "<b>" not in page


def test_the_preview_of_a_library_that_was_never_read_says_what_to_do(admin: Client, neighbours: Neighbours) -> None:
    page = admin.post(f"{PREVIEW}?fragment=1", EMPTY | {"title": "x"}).content.decode()
    assert "The index of the library is empty yet" in page


def test_only_who_may_change_rules_sees_a_preview(client: Client, neighbours: Neighbours) -> None:
    client.force_login(User.objects.create(username="guest", is_staff=True))
    assert client.post(PREVIEW, EMPTY | {"title": "x"}).status_code == 403
    assert client.get(PREVIEW).status_code in {403, 405}


def test_limits_are_written_in_the_admin_and_show_how_much_is_used(
    admin: Client, neighbours: Neighbours, plex: StandIn
) -> None:
    run()
    page = reverse("admin:caching_cachelimit_changelist")
    assert b"There are no limits" in admin.get(page).content
    form = {"user": neighbours.row(neighbours.alex).pk, "kind": "", "library": "", "size": "1GB", "files": ""}
    assert admin.post(f"{page}add/", form).status_code == 302
    shown = admin.get(page).content.decode()
    assert "Alex" in shown
    assert "in 1 file" in shown
    both = {"user": neighbours.row(neighbours.sam).pk, "kind": "home"}
    assert "Name one of user" in admin.post(f"{page}add/", form | both).content.decode()


def test_a_list_of_many_limits_costs_a_few_queries(
    admin: Client, neighbours: Neighbours, plex: StandIn, django_assert_max_num_queries: Any
) -> None:
    run()
    for key in ("1", "2"):
        CacheLimit.objects.create(library=LibrarySection.objects.get(key=key), files=5)
    for kind in ("main", "home", "shared"):
        CacheLimit.objects.create(kind=kind, files=5)
    with django_assert_max_num_queries(30):
        assert admin.get(reverse("admin:caching_cachelimit_changelist")).status_code == 200
