"""Notification targets by the admin and by the API: the address is checked, kept, and never told."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from caching.models import Notice, NotificationTarget
from caching.notifying import outbox
from caching.notifying.values import Happening
from tests.caching.notifying.mailbox import SECRET, mailbox, make_target
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db

PAGE = "/admin/caching/notificationtarget/"


@pytest.fixture(autouse=True)
def quiet(settings: Settings, tmp_path: Path) -> None:
    make_quiet(settings, tmp_path)


def ask(client: Client, method: str, path: str, body: object = None, status: int = 200) -> Any:
    content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    answer = getattr(client, method)(f"/api/{path}", headers=KEY, **content)
    assert answer.status_code == status, answer.content
    assert SECRET not in answer.content.decode()
    parsed = answer.json()
    assert parsed["success"] is (status < 400)
    return parsed["data"] if status < 400 else parsed["error"]


def test_a_target_is_added_listed_changed_and_deleted(client: Client) -> None:
    made = ask(
        client, "post", "notifications", {"name": "Phone", "url": f"json://h/{SECRET}", "events": ["errors"]}, 201
    )
    assert (made["url"], made["service"], made["events"], made["enabled"]) == ("json://***", "JSON", ["errors"], True)
    listed = ask(client, "get", "notifications")
    assert listed["items"] == [made]
    assert listed["pagination"]["total"] == 1
    place = f"notifications/{made['id']}"
    changed = ask(client, "put", place, {"timing": "daily", "digest_hour": 20, "events": ["cycle", "low_space"]})
    assert (changed["timing"], changed["digest_hour"], changed["events"]) == ("daily", 20, ["cycle", "low_space"])
    assert NotificationTarget.objects.get().url == f"json://h/{SECRET}"
    outbox.tell(Happening("cycle", "info", "x"))
    ask(client, "delete", place)
    assert not NotificationTarget.objects.exists()
    assert not Notice.objects.exists()
    ask(client, "delete", place, status=404)


BAD: list[tuple[object, str]] = [
    ({"name": "x"}, "url"),
    ({"name": "x", "url": "nonsense"}, "no address of a service"),
    ({"name": "x", "url": f"discord://{SECRET}"}, "not complete"),
    ({"name": "Taken", "url": "json://h"}, "already exists"),
    ({"name": "x", "url": "json://h", "events": []}, "events"),
    ({"name": "x", "url": "json://h", "events": ["weather"]}, "events"),
    ({"name": "x", "url": "json://h", "timing": "never"}, "timing"),
    ({"name": "x", "url": "json://h", "digest_hour": 24}, "digest_hour"),
    ({"name": "x\0", "url": "json://h"}, "NUL"),
    ({"name": "x", "url": "json://h\0"}, "NUL"),
    ({"name": "", "url": "json://h"}, "name"),
    ({"name": "x", "url": "json://h", "secret": 1}, "secret"),
    ([], ""),
]


@pytest.mark.parametrize(("body", "words"), BAD, ids=[str(number) for number in range(len(BAD))])
def test_what_cannot_be_a_target_is_422_with_the_reason(client: Client, body: object, words: str) -> None:
    make_target("json://h", name="Taken")
    assert words in ask(client, "post", "notifications", body, 422)
    assert NotificationTarget.objects.count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"url": ""},
        {"timing": "never"},
        {"digest_hour": 24},
        {f"on_{event}": False for event in ("cycle", "errors", "warnings", "low_space", "plex_unreachable", "sign_in")},
    ],
    ids=["no address", "no such timing", "no such hour", "nothing to tell"],
)
def test_the_database_refuses_a_target_that_makes_no_sense(values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        NotificationTarget.objects.create(**{"name": "x", "url": "json://h", **values})


def test_a_test_goes_to_a_stored_target_or_to_an_address(client: Client) -> None:
    with mailbox(200, 200, 404) as box:
        target = make_target(box.url)
        assert ask(client, "post", "settings/test/notification", {"id": target.pk}) == {"arrived": True, "error": ""}
        assert ask(client, "post", "settings/test/notification", {"url": box.url})["arrived"] is True
        failed = ask(client, "post", "settings/test/notification", {"url": box.url})
    assert failed["arrived"] is False
    assert "deleted" in failed["error"]
    assert box.titles == ["Test"] * 3


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"id": 1, "url": "json://h"}, 422), ({"id": 999}, 404), ({"id": 10**30}, 422), ({"url": "x"}, 422)],
    ids=["nothing", "both", "nobody", "no number", "no address"],
)
def test_a_test_needs_somewhere_to_go(client: Client, body: object, status: int) -> None:
    ask(client, "post", "settings/test/notification", body, status)


def test_without_a_login_nobody_learns_or_sends_anything(client: Client) -> None:
    for method, path in (("get", "notifications"), ("post", "notifications"), ("post", "settings/test/notification")):
        assert getattr(client, method)(f"/api/{path}").status_code == 401


def form(**values: object) -> dict[str, object]:
    return {"name": "Phone", "enabled": "on", "on_errors": "on", "timing": "at_once", "digest_hour": 8, **values}


def test_the_admin_stores_a_target_and_shows_how_its_test_went(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    assert "Nobody is told anything yet" in client.get(PAGE).content.decode()
    with mailbox(200, 403) as box:
        answer = client.post(f"{PAGE}add/", form(url=box.url, _test="1"), follow=True).content.decode()
        assert "the test was taken by JSON" in answer
        assert "json://***" in answer
        place = answer_place(NotificationTarget.objects.get())
        answer = client.post(place, form(url="", _test="1"), follow=True).content.decode()
        assert "refuses the address" in answer
    assert SECRET not in answer
    row = NotificationTarget.objects.get()
    assert (row.url, row.events, row.service) == (box.url, ["errors"], "JSON")
    page = client.get(PAGE).content.decode()
    assert "failed" in page
    assert SECRET not in page


def answer_place(row: NotificationTarget) -> str:
    return f"{PAGE}{row.pk}/change/"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Enter an address"),
        ({"url": "nonsense"}, "no address of a service"),
        ({"url": "json://h", "digest_hour": 24}, "less than or equal to 23"),
        ({"url": "json://h", "on_errors": ""}, "Choose at least one thing"),
    ],
    ids=["no address", "nonsense", "no such hour", "nothing to tell"],
)
def test_the_admin_says_what_is_wrong(client: Client, admin_user: User, values: dict[str, object], words: str) -> None:
    client.force_login(admin_user)
    assert words in client.post(f"{PAGE}add/", form(**values)).content.decode()
    assert not NotificationTarget.objects.exists()


def test_another_address_begins_anew(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    row = make_target("json://old", failures=9, last_error="Gone.", rests_until="2099-01-01T00:00Z")
    client.post(answer_place(row), form(url="json://new"))
    row.refresh_from_db()
    assert (row.url, row.failures, row.last_error, row.rests_until) == ("json://new", 0, "", None)


def test_the_chosen_targets_are_tested_from_the_list(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    with mailbox() as box:
        row = make_target(box.url)
        answer = client.post(PAGE, {"action": "send_test", "_selected_action": [row.pk]}, follow=True)
    assert "the test was taken by JSON" in answer.content.decode()
    assert box.titles == ["Test"]


def test_who_may_not_change_targets_may_not_test_them(client: Client) -> None:
    client.force_login(User.objects.create(username="guest", is_staff=True))
    row = make_target("json://127.0.0.1:9/x")
    assert client.get(PAGE).status_code == 403
    assert client.post(answer_place(row), form(_test="1")).status_code == 403
