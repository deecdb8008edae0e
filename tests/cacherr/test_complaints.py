"""What the API says of requests that it cannot take: the field by its own name, and what to write."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.api import api
from cacherr.complaints import MOST, PATTERNS, complaint

pytestmark = pytest.mark.django_db

KEY = {"x-api-key": "key"}
OBJECT = "Write a JSON object: {…}."
NO_FIELD = "There is no field of this name here. Leave it out, or look it up at /api/docs."


@pytest.fixture(autouse=True)
def key(settings: Settings) -> None:
    settings.CACHERR_API_KEY = "key"


def refused(client: Client, method: str, path: str, content: object, status: int) -> str:
    """The error of the answer, which is an envelope like all others."""
    text = content if isinstance(content, str) else "" if content is None else json.dumps(content)
    answer = client.generic(method.upper(), f"/api/{path}", text, "application/json", headers=KEY)
    assert answer.status_code == status, answer.content
    envelope: dict[str, Any] = answer.json()
    assert set(envelope) == {"success", "data", "message", "error", "timestamp"}
    assert (envelope["success"], envelope["data"]) == (False, None)
    return str(envelope["error"])


KINDS_OF_EVENTS = "cycle, operation, play, audit, source, user, list, pin, mapping, setting or backup"
MISTAKES: dict[str, tuple[str, str, object, str]] = {
    "missing": ("post", "pins", {}, "rating_key: It is missing. Send it, too."),
    "empty": ("post", "pins", {"rating_key": ""}, "rating_key: Write at least 1 character."),
    "too long": ("get", f"library/search?q={'x' * 201}", None, "q: Write at most 200 characters."),
    "no text": ("post", "pins", {"rating_key": 5}, "rating_key: Write a text."),
    "no switch": ("post", "start-cache", {"dry_run": "perhaps"}, "dry_run: Write true or false."),
    "no switch, strictly": ("put", "users/5", {"ondeck": "yes"}, "ondeck: Write true or false."),
    "no number": ("get", "cached/files?limit=many", None, "limit: Write a whole number."),
    "half a number": ("put", "users/5", {"priority_boost": 1.5}, "priority_boost: Write a whole number."),
    "too small": ("get", "cached/files?limit=0", None, "limit: Write a number of at least 1."),
    "too large": ("get", "cached/files?limit=501", None, "limit: Write a number of at most 500."),
    "far too large": ("get", f"cached/files?offset={10**30}", None, "offset: Write a number of at most 1000000000."),
    "not one of": (
        "post", "pins", {"rating_key": "1", "versions": "worst"},
        "versions: Write one of these: all, best or smallest.",
    ),
    "not one of, in the address": ("post", "users/5/kick", {}, "switch: Write one of these: enable or disable."),
    "an item of a question": (
        "get", "activity?kind=cycle&kind=dance", None, f"kind: Write one of these: {KINDS_OF_EVENTS}.",
    ),
    "an item of a list": ("post", "rules", {"libraries": ["1", "2,3"]}, "libraries.1: Write it without commas."),
    "no item": (
        "post", "notifications", {"name": "x", "url": "json://h", "events": []}, "events: Write at least 1 entry.",
    ),
    "too many items": ("post", "mappings/detect", {"look_in": ["x"] * 21}, "look_in: Write at most 20 entries."),
    "no list": ("post", "mappings/detect", {"look_in": "x"}, "look_in: Write a list: […]."),
    "no time": ("get", "cached/files?since=soon", None, "since: Write a time such as 2026-01-31T20:00:00Z."),
    "no size": ("get", "cached/files?size=x", None, "size: 'x' is not a size. Write 250GB, 500MB, 1.5TB or 50%."),
    "one field too many": ("post", "start-cache", {"dryrun": True}, f"dryrun: {NO_FIELD}"),
    "deep inside": ("put", "schedules", {"cycle": {"every": 0}}, "cycle.every: Write a number of at least 1."),
    "no object inside": ("put", "schedules", {"cycle": 5}, f"cycle: {OBJECT}"),
    "no object": ("post", "start-cache", [], f"The content: {OBJECT}"),
    "no content": ("post", "pins", None, "There is no content. Send a JSON object: {…}."),
    "nothing": ("post", "mappings", "null", f"The content: {OBJECT}"),
    "of no kind that a setting has": (
        "put", "settings", {"reserve": []}, "reserve: Write true or false, a whole number or a text.",
    ),
    "two at once": (
        "get", "cached/files?limit=x&kind=y", None,
        "limit: Write a whole number. kind: Write one of these: video or sidecar.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "content", "said"), MISTAKES.values(), ids=MISTAKES.keys())
def test_each_mistake_is_told_by_its_field_with_what_to_write(
    client: Client, method: str, path: str, content: object, said: str
) -> None:
    assert refused(client, method, path, content, 422) == said


@pytest.mark.parametrize("content", ["{", "[1,", "\0"])
def test_what_is_no_json_is_told_as_such(client: Client, content: str) -> None:
    assert "Send a JSON object" in refused(client, "post", "pins", content, 400)


def test_a_content_with_very_many_mistakes_is_told_of_shortly(client: Client) -> None:
    said = refused(client, "post", "pins", {"x" * 1000: 1} | {f"field{n}": 1 for n in range(30)}, 422)
    assert said.endswith("There are 22 more mistakes.")
    assert said.count(NO_FIELD) < MOST
    assert "x" * 201 not in said


def test_every_pattern_of_the_api_has_words() -> None:
    described = json.dumps(api.get_openapi_schema())
    found = {json.loads(text) for text in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', described)}
    assert found == set(PATTERNS)


@pytest.mark.parametrize("place", [("body", "asked", "name"), ("path", "number")])
def test_a_mistake_of_an_unknown_kind_leads_to_the_description(place: tuple[str, ...]) -> None:
    assert (
        complaint([{"type": "frozen_field", "loc": place}])
        == f"{place[-1]}: It cannot be so. /api/docs says what it may be."
    )
