"""The REST API: one envelope for every answer, and only those who may use it do."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.api import api
from caching import lock
from caching.lock import WORK_LOCK
from caching.models import Cycle, CycleState
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    """A key, and a queue of its own that nobody works on."""
    make_quiet(settings, tmp_path)


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


def opened(answer: Any, status: int) -> dict[str, Any]:
    """The envelope of an answer, looked at from all sides."""
    assert answer.status_code == status, answer.content
    body: dict[str, Any] = answer.json()
    assert set(body) == {"success", "data", "message", "error", "timestamp"}
    assert body["success"] is (status < 400)
    assert bool(body["error"]) is (status >= 400)
    moment = datetime.fromisoformat(body["timestamp"])
    assert moment.utcoffset() is not None
    assert moment.utcoffset() == datetime.fromisoformat("2026-01-01T00:00:00+00:00").utcoffset()
    return body


def post(client: Client, path: str, body: object = "", **headers: str) -> Any:
    """Send JSON, or nothing, as programs do."""
    return client.post(path, body, "application/json", headers=headers or KEY)


ENDPOINTS = [
    ("get", "/api/status"),
    ("get", "/api/stats"),
    ("get", "/api/stats/history"),
    ("get", "/api/pins"),
    ("post", "/api/start-cache"),
    ("post", "/api/stop-cache"),
    ("get", "/api/cycles"),
    ("post", "/api/cycles"),
    ("get", "/api/operations"),
    ("get", "/api/cached/files"),
    ("get", "/api/sessions"),
    ("get", "/api/watcher/status"),
    ("post", "/api/watcher/start"),
    ("post", "/api/watcher/stop"),
    ("post", "/api/watcher/clear-history"),
    ("get", "/api/activity"),
    ("get", "/api/schedules"),
    ("get", "/api/audit"),
    ("post", "/api/audit"),
    ("get", "/api/audit/history"),
    ("post", "/api/audit/repair"),
    ("get", "/api/cached/statistics"),
    ("get", "/api/doctor"),
]
ACCEPTED = {
    ("post", "/api/start-cache"),
    ("post", "/api/cycles"),
    ("post", "/api/audit/repair"),
}


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_nobody_is_let_in_without_login_or_with_a_wrong_key(
    client: Client, settings: Settings, method: str, path: str
) -> None:
    ask = getattr(client, method)
    for headers in ({}, {"x-api-key": ""}, {"x-api-key": "wrong"}, {"x-api-key": "the-kéy"}):
        assert "X-Api-Key" in opened(ask(path, headers=headers), 401)["error"]
    settings.CACHERR_API_KEY = ""
    for key in ("", "the-key"):
        opened(ask(path, headers={"x-api-key": key}), 401)
    assert not Cycle.objects.exists()


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_an_account_that_is_not_staff_is_not_let_in(client: Client, method: str, path: str) -> None:
    client.force_login(User.objects.create_user("guest"))
    answer = getattr(client, method)(path)
    assert answer.status_code in {401, 403}
    opened(answer, answer.status_code)
    assert not Cycle.objects.exists()


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_the_key_and_a_login_let_in(admin_client: Client, client: Client, method: str, path: str) -> None:
    for caller, headers in ((client, KEY), (admin_client, {})):
        answer = getattr(caller, method)(path, content_type="application/json", headers=headers)
        opened(answer, 202 if (method, path) in ACCEPTED else 200)


def test_a_foreign_page_cannot_use_a_login_and_a_program_with_the_key_needs_no_token(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert "X-CSRFToken" in opened(post(client, "/api/start-cache", accept="*/*"), 403)["error"]
    assert not Cycle.objects.exists()
    opened(post(Client(enforce_csrf_checks=True), "/api/start-cache"), 202)


def test_whoever_has_neither_login_nor_the_right_key_is_told_so_and_not_of_tokens() -> None:
    client = Client(enforce_csrf_checks=True)
    for headers in ({"accept": "*/*"}, {"x-api-key": "wrong"}):
        assert "Sign in, or send the API key" in opened(post(client, "/api/start-cache", **headers), 401)["error"]


def test_status_tells_what_is_going_on(client: Client, rows: Rows) -> None:
    data = opened(client.get("/api/status", headers=KEY), 200)["data"]
    assert data["running"] is True
    assert data["health"] in {"healthy", "warning", "critical"}
    assert (data["active_operations"], data["active_sessions"], data["connected_clients"]) == (1, 1, 0)
    assert data["cycle"]["id"] == rows.cycle.pk
    (operation,) = data["operations"]
    assert {name: operation[name] for name in ("operation_type", "progress_percent", "eta_seconds", "file_name")} == {
        "operation_type": "cache", "progress_percent": 25.0, "eta_seconds": 15, "file_name": "Alpha.mkv",
    }  # fmt: skip
    assert [row["operation_id"] for row in data["recent"]] == [rows.done.pk]


def test_status_of_a_new_installation_is_an_answer(client: Client) -> None:
    data = opened(client.get("/api/status", headers=KEY), 200)["data"]
    assert (data["running"], data["cycle"], data["operations"]) == (False, None, [])


def test_stats_tell_how_full_the_cache_is(client: Client, rows: Rows) -> None:
    data = opened(client.get("/api/stats", headers=KEY), 200)["data"]
    assert (data["files_cached"], data["bytes_cached"], data["conflicts"]) == (1, 1000, 0)
    (cache,) = data["caches"]
    assert (cache["used"], cache["present"]) == (1000, False)  # these roots were never marked
    assert cache["error"]


@pytest.mark.parametrize("many", [1, 40])
def test_no_answer_asks_the_database_more_when_there_is_more_to_tell(
    client: Client, rows: Rows, django_assert_max_num_queries: Any, many: int
) -> None:
    for number in range(many):
        Cycle.objects.create(state=CycleState.COMPLETED, files_cached=number)
    with django_assert_max_num_queries(33):
        client.get("/api/status", headers=KEY)


def test_a_cycle_can_be_asked_for_and_waits_once(client: Client) -> None:
    first = opened(post(client, "/api/start-cache", {"dry_run": True}), 202)["data"]
    assert (first["state"], first["trigger"], first["dry_run"]) == ("queued", "api", True)
    second = opened(post(client, "/api/start-cache"), 202)["data"]
    assert second["id"] == first["id"]
    assert Cycle.objects.count() == 1


def test_a_second_cycle_while_one_runs_is_refused_with_409(client: Client, rows: Rows) -> None:
    with lock.held(WORK_LOCK):
        assert "running already" in opened(post(client, "/api/start-cache"), 409)["error"]
    assert Cycle.objects.count() == 1


def test_a_cycle_that_only_looks_as_if_it_ran_does_not_stand_in_the_way(client: Client, rows: Rows) -> None:
    opened(post(client, "/api/start-cache"), 202)


def test_stopping_stops_what_runs_and_what_waits(client: Client, rows: Rows) -> None:
    waiting = Cycle.objects.create()
    assert opened(post(client, "/api/stop-cache"), 200)["data"] == {"stopping": True}
    waiting.refresh_from_db()
    rows.cycle.refresh_from_db()
    assert (waiting.state, rows.cycle.state, rows.cycle.stop_requested) == ("stopped", "running", True)


def test_stopping_nothing_is_no_error(client: Client) -> None:
    assert opened(post(client, "/api/stop-cache"), 200)["data"] == {"stopping": False}


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("{", {400, 422}),
        ("[]", {422}),
        ("[1]", {422}),
        ("0", {422}),
        ('"dry_run"', {422}),
        ('{"dryrun": true}', {422}),
        ('{"dry_run": "perhaps"}', {422}),
        ('{"dry_run": {"deep": 1}}', {422}),
        ("\x00", {400, 422}),
        ("[" * 100_000, {400, 422}),
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_starts_nothing(client: Client, body: str, statuses: set[int]) -> None:
    answer = post(client, "/api/start-cache", body)
    assert answer.status_code in statuses
    opened(answer, answer.status_code)
    assert not Cycle.objects.exists()


@pytest.mark.parametrize("body", ["{", "\x00", "[" * 100_000, b"\xff"])
def test_what_is_no_json_is_refused_with_the_cure(client: Client, body: str | bytes) -> None:
    assert "Send a JSON object" in opened(post(client, "/api/start-cache", body), 400)["error"]


def test_a_content_that_is_too_large_is_413_with_the_most_that_it_may_be(client: Client, settings: Settings) -> None:
    body = b'{"dry_run": true, "x": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    assert "Send at most 2621 kB" in opened(post(client, "/api/start-cache", body), 413)["error"]
    assert not Cycle.objects.exists()


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/status/", "/api/"])
def test_what_is_not_there_is_404_in_the_same_envelope(client: Client, path: str) -> None:
    opened(client.get(path, headers=KEY), 404)


def test_a_host_that_was_not_allowed_is_400_in_the_same_envelope(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["cacherr.example"]
    opened(client.get("/api/status", headers={"host": "evil.example"}), 400)


def test_a_mistake_of_ours_is_500_in_the_same_envelope_and_tells_no_secrets(client: Client, settings: Settings) -> None:
    settings.CACHERR_API_KEY = 5  # no text: the very first comparison fails
    client.raise_request_exception = False
    assert "int" not in opened(client.get("/api/status", headers=KEY), 500)["error"]


def test_a_wrong_method_is_405_in_the_same_envelope(client: Client) -> None:
    answer = client.get("/api/start-cache", headers=KEY)
    opened(answer, 405)
    assert answer.headers["Allow"] == "POST"


def test_the_description_of_the_api_names_every_endpoint(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert set(paths) >= {"/api/health", *(path for _, path in ENDPOINTS)}


def test_the_doctor_answers_what_the_command_says(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    told = opened(client.get("/api/doctor", headers=KEY), 200)["data"]
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert told["findings"] == json.loads(capsys.readouterr().out)["findings"]
    assert (told["healthy"], told["exit_code"]) == (False, ended.value.code)
    assert {one["check"] for one in told["findings"] if one["level"] == "error"} == {"mappings", "plex"}
    assert all(one["cure"] for one in told["findings"] if one["level"] == "error")


# ---- texts that no database keeps ----------------------------------------------------------------------------------


def with_content() -> list[tuple[str, str]]:
    """Every method and address that takes JSON, with a number that nothing has."""
    found = api.get_openapi_schema()["paths"]
    return [
        (method, re.sub(r"{[^}]*}", "999", path))
        for path, methods in found.items()
        for method, told in methods.items()
        if "requestBody" in told
    ]


@pytest.mark.parametrize(("method", "path"), with_content())
@pytest.mark.parametrize("text", ["half \ud800", "nul \0"])
def test_a_text_that_no_database_keeps_is_refused_wherever_one_can_be_sent(
    client: Client, method: str, path: str, text: str
) -> None:
    for content, where in (({"name": [text]}, "name.0: "), ({text: 1}, "")):
        refused = opened(client.generic(method, path, json.dumps(content), "application/json", headers=KEY), 422)
        assert refused["error"].startswith(where)
        assert refused["error"].endswith(("Take it out.", "Write the whole one."))


@pytest.mark.parametrize("path", ["cached/files?search=%00", "logs?search=x%00", "library/search?q=%00"])
def test_no_question_holds_a_nul(client: Client, path: str) -> None:
    opened(client.get(f"/api/{path}", headers=KEY), 422)
