"""The dashboard's first state and its side bar, as the server makes them."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.urls import reverse

from caching import activity, dashboard
from caching.models import Cycle, CycleState, Kind, Operation, Phase, State
from caching.usage import sampling
from caching.words import WORDS, headline
from plexusers import remarks
from plexusers.models import RemarkKind
from tests.caching.rows import make_rows

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<script(?![^>]*(?:\bsrc=|application/json))|\son\w+=|\sstyle=")


@pytest.fixture
def page(tmp_path: Path, client: Client) -> str:
    """The part of the page that is the dashboard's own, with one of everything in it."""
    make_rows(tmp_path)
    client.force_login(User.objects.create_superuser("alex"))
    text = client.get("/admin/").content.decode()
    return text[text.index('id="dashboard"') : text.index("</script>", text.index('id="dashboard"'))]


def test_the_page_can_be_read_without_a_script(page: str) -> None:
    for words in ("Caching files", "Alpha", "250 B of 1000 B", "50 B/s", "15 s left", "To the SSD", "Cached", "1 file"):
        assert words in page


def test_nothing_on_the_page_needs_inline_scripts_or_styles(page: str) -> None:
    assert INLINE.findall(page) == []
    assert INLINE.findall('<script>x</script><p style="x"><p onclick="x">') == ["<script", " style=", " onclick="]


def test_every_state_has_its_words() -> None:
    words = WORDS
    assert set(words["phases"]) == {"", *Phase.values}
    assert set(words["cycles"]) == set(CycleState.values)
    assert set(words["kinds"]) == set(words["done"]) == set(Kind.values)
    assert set(words["steps"]) == set(Phase.values)
    assert set(words["happened"]) == {kind.value for kind in activity.Kind}
    finished = {State.ABORTED.value, State.CONFLICT.value}
    assert set(words["undone"]) == finished


@pytest.mark.parametrize("state", CycleState.values)
def test_a_cycle_in_any_state_is_shown(state: str, client: Client) -> None:
    Cycle.objects.create(state=state)
    client.force_login(User.objects.create_superuser("alex"))
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("state", "phase", "total", "words"),
    [
        ("running", "plan", 0, "Planning"),
        ("running", "plan", 7, "Comparing copies on a new disk"),
        ("running", "caching", 7, "Caching files"),
        ("stopped", "plan", 7, "The last cycle was stopped"),
    ],
)
def test_a_plan_that_has_to_compare_copies_says_so(state: str, phase: str, total: int, words: str) -> None:
    assert headline({"state": state, "phase": phase, "items_total": total}) == words


PHASES = [
    ("", ["ahead"] * 8),
    ("users", ["now"] + ["ahead"] * 7),
    ("plan", ["done"] * 4 + ["now"] + ["ahead"] * 3),
    ("caching", ["done"] * 7 + ["now"]),
]


@pytest.mark.parametrize(("phase", "states"), PHASES)
def test_the_phases_of_a_cycle_are_shown_with_the_present_one_marked(phase: str, states: list[str]) -> None:
    assert [step["state"] for step in dashboard.steps(phase)] == states


def test_the_page_tells_what_comes_next_what_happened_and_how_full_the_cache_was(
    tmp_path: Path, client: Client
) -> None:
    make_rows(tmp_path)
    sampling.take()
    client.force_login(User.objects.create_superuser("alex"))
    text = client.get("/admin/").content.decode()
    for words in ("Alex began to play Alpha, from the cache", "Do now: Backup", "<polygon", 'aria-current="step"'):
        assert words in text


@pytest.mark.parametrize(
    "asked", ["", "?kind=play", "?kind=dance", "?page=2", "?page=-1", "?page=99999999", "?page=%00"]
)
def test_the_activitys_page_answers_whatever_is_asked(tmp_path: Path, client: Client, asked: str) -> None:
    make_rows(tmp_path)
    client.force_login(User.objects.create_superuser("alex"))
    text = client.get(f"/admin/caching/cycle/activity/{asked}").content.decode()
    assert ("Alex began to play Alpha" in text) is (asked != "?page=2")
    if asked == "?kind=play":
        assert "Cached Alpha" not in text


def test_older_entries_are_on_further_pages(client: Client) -> None:
    for number in range(60):
        remarks.note(RemarkKind.PIN, f"Pinned: number {number}.")
    client.force_login(User.objects.create_superuser("alex"))
    first = client.get("/admin/caching/cycle/activity/?kind=pin").content.decode()
    assert "number 59." in first
    assert "?kind=pin&amp;page=2" in first
    second = client.get("/admin/caching/cycle/activity/?kind=pin&page=2").content.decode()
    assert "number 0." in second
    assert "?kind=pin&amp;page=1" in second


def test_who_may_see_nothing_sees_no_activity(client: Client) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get("/admin/caching/cycle/activity/").status_code == 403


def test_hostile_names_are_escaped(tmp_path: Path, client: Client) -> None:
    make_rows(tmp_path)
    Operation.objects.update(title="</script><img src=x onerror=alert(1)>")
    client.force_login(User.objects.create_superuser("alex"))
    assert "<img src=x" not in client.get("/admin/").content.decode()


def test_the_side_bar_leads_to_pages_that_exist(client: Client) -> None:
    client.force_login(User.objects.create_superuser("alex"))
    request = client.get("/admin/").wsgi_request
    links = [item["link"] for group in dashboard.menu(request) for item in group["items"]]
    assert [client.get(link, follow=True).status_code for link in links] == [200] * len(links)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0, "0 s left"),
        (59, "59 s left"),
        (60, "1 min left"),
        (3599, "59 min left"),
        (3660, "1 h 1 min left"),
    ],
)
def test_the_time_left_reads_well(seconds: int | None, words: str) -> None:
    assert dashboard.time_left(seconds) == words


@pytest.mark.parametrize(
    ("page", "entry"),
    [
        ("index", "Dashboard"),
        ("caching_cachedfile_changelist", "Cached files"),
        ("caching_audit", "Audit"),
        ("caching_schedules", "Schedules"),
        ("caching_activity", "Activity"),
        ("caching_cycle_changelist", "Cycles"),
    ],
)
def test_the_menu_marks_the_page_that_is_open_and_no_other(rf: RequestFactory, page: str, entry: str) -> None:
    request = rf.get(reverse(f"admin:{page}"))
    items = [item for group in dashboard.menu(request) for item in group["items"]]
    marked = [item["title"] for item in items if item["active"](request)]
    assert marked == [entry]
