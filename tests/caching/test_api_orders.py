"""REST endpoints of operations, cached files, cycles and the audit."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import lock, orders
from caching.lock import WORK_LOCK
from caching.models import CachedFile, CachePolicy, Cycle, CycleState, Kind, Operation, State
from caching.models.file_row import path_key
from tests.caching.ground import FILM, Ground, make_ground
from tests.caching.quiet import KEY, make_quiet
from tests.caching.rows import Rows, make_rows
from tests.caching.test_api import opened, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A key, and a queue of its own that nobody works on."""
    make_quiet(settings, tmp_path_factory.mktemp("config"))


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = make_ground(tmp_path, "symlink")
    CachePolicy.objects.update(operations_to_cache=1)
    return made


def get(client: Client, path: str, **query: str | int) -> dict[str, Any]:
    data: dict[str, Any] = opened(client.get(f"/api/{path}", query, headers=KEY), 200)["data"]
    return data


def ids(page: dict[str, Any]) -> list[int]:
    return [row.get("operation_id", row.get("id")) for row in page["items"]]


# ---- lists ---------------------------------------------------------------------------------------------------------


def many_files(rows: Rows, count: int) -> None:
    """Files of 1 GB, 2 GB, …, cached one day after the other, the last one today."""
    CachedFile.objects.all().delete()
    now = timezone.now()
    CachedFile.objects.bulk_create(
        CachedFile(
            **rows.file.shared()
            | {"path": b"%d.mkv" % number, "path_key": path_key(b"%d" % number), "title": f"Film {number}"}
            | {"who": "anna" if number % 2 else "ben", "sources": "ondeck" if number % 2 else "order,ondeck"},
            size=number * 1024**3, array_print="1:2:3", cache_print="4:5:6", conflict="two" if number == 3 else "",
            cached_at=now - timedelta(days=count - number), rescued_at=now if number == 4 else None,
        )
        for number in range(1, count + 1)
    )  # fmt: skip


@pytest.mark.parametrize("path", ["operations", "cached/files", "cycles"])
def test_a_list_comes_in_pages(client: Client, rows: Rows, path: str) -> None:
    total = get(client, path)["pagination"]["total"]
    assert total >= 1
    assert get(client, path)["pagination"] == {"limit": 50, "offset": 0, "total": total, "has_more": False}
    first = get(client, path, limit=1)
    assert (len(first["items"]), first["pagination"]["has_more"]) == (1, total > 1)
    beyond = get(client, path, limit=1, offset=total)
    assert (beyond["items"], beyond["pagination"]["has_more"]) == ([], False)


WRONG_QUERIES = [
    ("operations", {"limit": 0}),
    ("operations", {"limit": 501}),
    ("operations", {"limit": "many"}),
    ("operations", {"offset": -1}),
    ("operations", {"offset": 10**30}),
    ("operations", {"kind": "steal"}),
    ("operations", {"state": "gone"}),
    ("operations", {"search": "a\0b"}),
    ("operations", {"search": "a" * 201}),
    ("cached/files", {"sort": "path"}),
    ("cached/files", {"status": "lost"}),
    ("cached/files", {"size": "lots"}),
    ("cached/files", {"size": "50%"}),
    ("cached/files", {"since": "yesterday"}),
    ("cycles", {"state": "gone"}),
]


@pytest.mark.parametrize(("path", "query"), WRONG_QUERIES)
def test_a_question_that_makes_no_sense_is_refused(client: Client, path: str, query: dict[str, str | int]) -> None:
    assert opened(client.get(f"/api/{path}", query, headers=KEY), 422)["error"]


def test_operations_are_filtered(client: Client, rows: Rows) -> None:
    returned = Operation.objects.create(
        **rows.file.shared() | {"plex_path": "/data/Gamma.mkv", "title": ""}, kind=Kind.RESTORE, state=State.ABORTED
    )
    assert ids(get(client, "operations")) == [returned.pk, rows.done.pk, rows.running.pk]
    assert ids(get(client, "operations", kind="restore")) == [returned.pk]
    assert ids(get(client, "operations", state="planned")) == [rows.running.pk]
    assert ids(get(client, "operations", search="gamma")) == [returned.pk]
    assert ids(get(client, "operations", search="ALPHA")) == [rows.done.pk, rows.running.pk]
    assert ids(get(client, "operations", kind="cache", state="aborted")) == []


FILTERS = [
    ({"search": "film 2"}, [2]),
    ({"user": "anna"}, [5, 3, 1]),
    ({"source": "order"}, [4, 2]),
    ({"status": "conflict"}, [3]),
    ({"status": "rescued"}, [4]),
    ({"status": "cached"}, [5, 2, 1]),
    ({"size": "4GB"}, [5, 4]),
    ({"size": "4"}, [5, 4]),
    ({"size": "..2GB"}, [2, 1]),
    ({"size": "2GB..3GB"}, [3, 2]),
    ({"sort": "size"}, [1, 2, 3, 4, 5]),
    ({"sort": "-title"}, [5, 4, 3, 2, 1]),
    ({"sort": "cached_at", "limit": 2, "offset": 1}, [2, 3]),
]


@pytest.mark.parametrize(("query", "numbers"), FILTERS)
def test_cached_files_are_filtered_and_sorted(
    client: Client, rows: Rows, query: dict[str, str | int], numbers: list[int]
) -> None:
    many_files(rows, 5)
    titles = [row["title"] for row in get(client, "cached/files", **query)["items"]]
    assert titles == [f"Film {number}" for number in numbers]


def test_cached_files_are_found_by_when_they_came(client: Client, rows: Rows) -> None:
    many_files(rows, 5)
    since = (timezone.now() - timedelta(days=1, hours=1)).isoformat()
    assert [row["title"] for row in get(client, "cached/files", since=since)["items"]] == ["Film 5", "Film 4"]


@pytest.mark.parametrize("many", [1, 60])
@pytest.mark.parametrize("path", ["cached/files", "operations", "cycles"])
def test_a_page_needs_few_queries_however_much_there_is(
    client: Client, rows: Rows, django_assert_max_num_queries: Any, path: str, many: int
) -> None:
    many_files(rows, many)
    with django_assert_max_num_queries(10):
        get(client, path, search="Film", user="a", source="o", size="1GB..", sort="-size")


# ---- single ones ---------------------------------------------------------------------------------------------------


def test_an_operation_tells_what_came_before_and_after(client: Client, ground: Ground) -> None:
    done = ground.cached()
    (undone,) = orders.undo(done).operations
    data = get(client, f"operations/{done.pk}")
    assert (data["follows"], data["followed_by"]) == (None, [undone.pk])
    assert (data["path"], data["array_root"]) == (FILM.decode(), str(ground.array))
    assert data["hash"] == done.hash != ""
    assert ids({"items": data["history"]}) == [undone.pk]
    assert get(client, f"operations/{undone.pk}")["follows"] == done.pk


def test_a_cached_file_tells_where_it_is_and_what_was_done_with_it(client: Client, ground: Ground) -> None:
    done = ground.cached(b"Films/no text \xff.mkv")
    file = CachedFile.objects.get()
    data = get(client, f"cached/files/{file.pk}")
    assert data["array_path"] == f"{ground.array}/Films/no text \\xff.mkv"
    assert data["hash"] == done.hash
    assert [row["operation_id"] for row in data["operations"]] == [done.pk]


def test_a_cycle_tells_its_plan_and_its_operations(client: Client, rows: Rows) -> None:
    Cycle.objects.update(plan=[{"action": "cache", "path": "x"}])
    data = get(client, f"cycles/{rows.cycle.pk}")
    assert (data["id"], data["plan"]) == (rows.cycle.pk, [{"action": "cache", "path": "x"}])
    assert [row["operation_id"] for row in data["operations"]] == [rows.running.pk, rows.done.pk]


NOWHERE = [
    ("get", "operations/{}"),
    ("get", "cached/files/{}"),
    ("get", "cycles/{}"),
    ("post", "operations/{}/cancel"),
    ("post", "operations/{}/undo"),
    ("post", "operations/{}/retry"),
    ("post", "cached/files/{}/evict"),
    ("post", "cycles/{}/stop"),
]


@pytest.mark.parametrize("number", ["999999", "9" * 30, "x", "-1"])
@pytest.mark.parametrize(("method", "path"), NOWHERE)
def test_what_is_not_there_is_404(client: Client, method: str, path: str, number: str) -> None:
    opened(getattr(client, method)(f"/api/{path.format(number)}", headers=KEY), 404)


@pytest.mark.parametrize(("method", "path"), NOWHERE)
def test_nobody_is_let_in_without_key(client: Client, rows: Rows, method: str, path: str) -> None:
    opened(getattr(client, method)(f"/api/{path.format(1)}"), 401)


# ---- orders --------------------------------------------------------------------------------------------------------


def test_undoing_orders_the_opposite_and_answers_202(client: Client, ground: Ground) -> None:
    done = ground.cached()
    data = opened(post(client, f"/api/operations/{done.pk}/undo"), 202)["data"]
    (order,) = data["operations"]
    assert (order["operation_type"], order["state"], order["follows"]) == ("restore", "planned", done.pk)
    assert ground.on_cache().exists()
    assert orders.run_waiting() == 1
    assert not ground.on_cache().exists()
    again = opened(post(client, f"/api/operations/{order['operation_id']}/undo"), 202)["data"]
    assert again["operations"][0]["operation_type"] == "cache"


def test_evicting_orders_it_and_answers_202(client: Client, ground: Ground) -> None:
    ground.cached()
    path = f"/api/cached/files/{CachedFile.objects.get().pk}/evict"
    (order,) = opened(post(client, path), 202)["data"]["operations"]
    assert (order["operation_type"], order["trigger"]) == ("evict", "api")
    assert "not finished" in opened(post(client, path), 409)["error"]
    cancelled = opened(post(client, f"/api/operations/{order['operation_id']}/cancel"), 202)
    assert (cancelled["data"]["state"], cancelled["message"]) == ("aborted", "Cancelled.")
    retried = opened(post(client, f"/api/operations/{order['operation_id']}/retry"), 202)["data"]["operations"]
    assert [row["trigger"] for row in retried] == ["retry"]


def pause() -> None:
    CachePolicy.objects.update(paused=True)


def dry_run() -> None:
    CachePolicy.objects.update(dry_run=True)


@pytest.mark.parametrize(("before", "reason"), [(pause, "paused"), (dry_run, "Dry run")])
@pytest.mark.parametrize("path", ["operations/{operation}/undo", "cached/files/{file}/evict", "audit/repair"])
def test_an_order_that_cannot_be_now_is_409_with_a_sentence(
    client: Client, ground: Ground, path: str, before: Callable[[], None], reason: str
) -> None:
    done = ground.cached()
    before()
    target = path.format(operation=done.pk, file=CachedFile.objects.get().pk)
    assert reason in opened(post(client, f"/api/{target}"), 409)["error"]
    assert Operation.objects.count() == 1


@pytest.mark.parametrize(("what", "reason"), [("cancel", "over already"), ("retry", "nothing to retry")])
def test_what_is_done_can_neither_be_cancelled_nor_tried_again(
    client: Client, ground: Ground, what: str, reason: str
) -> None:
    done = ground.cached()
    assert reason in opened(post(client, f"/api/operations/{done.pk}/{what}"), 409)["error"]


def test_what_runs_is_asked_to_stop(client: Client, rows: Rows) -> None:
    answer = opened(post(client, f"/api/operations/{rows.running.pk}/cancel"), 202)
    assert "within a second" in answer["message"]
    rows.running.refresh_from_db()
    assert rows.running.cancel_requested


# ---- cycles --------------------------------------------------------------------------------------------------------


def test_a_cycle_is_asked_for_and_stopped(client: Client) -> None:
    asked = opened(post(client, "/api/cycles", {"dry_run": True}), 202)["data"]
    assert (asked["state"], asked["dry_run"]) == ("queued", True)
    stopped = opened(post(client, f"/api/cycles/{asked['id']}/stop"), 202)["data"]
    assert stopped["state"] == "stopped"
    assert "over already" in opened(post(client, f"/api/cycles/{asked['id']}/stop"), 409)["error"]


@pytest.mark.parametrize("body", ['{"dryrun": true}', "[]", '{"dry_run": "perhaps"}'])
def test_nonsense_asks_for_no_cycle(client: Client, body: str) -> None:
    opened(post(client, "/api/cycles", body), 422)
    assert not Cycle.objects.exists()


def test_cycles_are_filtered(client: Client, rows: Rows) -> None:
    done = Cycle.objects.create(state=CycleState.COMPLETED)
    assert ids(get(client, "cycles")) == [done.pk, rows.cycle.pk]
    assert ids(get(client, "cycles", state="running")) == [rows.cycle.pk]


# ---- the audit -----------------------------------------------------------------------------------------------------


def test_the_audit_tells_and_a_repair_is_ordered(client: Client, ground: Ground) -> None:
    ground.cached(b"Films/no text \xff.mkv")
    assert client.get("/api/audit", headers=KEY).json()["data"] is None
    sound = opened(post(client, "/api/audit"), 200)["data"]
    assert (sound["files"], sound["left"], sound["findings"], sound["trigger"]) == (1, 0, [], "api")
    os.unlink(ground.on_cache(b"Films/no text \xff.mkv"))
    assert get(client, "audit")["findings"] == []  # the latest that was made
    (finding,) = opened(post(client, "/api/audit"), 200)["data"]["findings"]
    assert (finding["kind"], finding["repairable"], finding["repaired"]) == ("missing", True, False)
    assert finding["paths"][0].endswith("no text \\xff.mkv")
    assert not Operation.objects.filter(trigger="audit").exists()
    data = opened(post(client, "/api/audit/repair"), 202)["data"]
    assert [row["operation_type"] for row in data["operations"]] == ["restore"]
    assert data["left"] == 0
    assert [one["repaired"] for one in get(client, "audit")["findings"]] == [True]
    orders.run_waiting()
    assert opened(post(client, "/api/audit"), 200)["data"]["files"] == 0
    assert get(client, "audit/history")["pagination"]["total"] == 4


def test_one_finding_is_repaired_and_the_others_are_left(client: Client, ground: Ground) -> None:
    for name in (b"a.mkv", b"b.mkv"):
        ground.cached(name)
        os.unlink(ground.on_cache(name))
    first, second = opened(post(client, "/api/audit"), 200)["data"]["findings"]
    data = opened(post(client, "/api/audit/repair", {"finding": second["key"]}), 202)["data"]
    assert [row["file_name"] for row in data["operations"]] == ["b.mkv"]
    assert [(one["key"], one["repaired"]) for one in data["findings"]] == [
        (first["key"], False), (second["key"], True),
    ]  # fmt: skip
    assert data["left"] == 1
    assert "any more" in opened(post(client, "/api/audit/repair", {"finding": second["key"]}), 409)["error"]


def test_a_repair_while_somebody_works_is_409(client: Client, ground: Ground) -> None:
    with lock.held(WORK_LOCK):
        opened(post(client, "/api/audit/repair"), 409)


def test_the_description_has_a_schema_for_every_answer(client: Client) -> None:
    document = client.get("/api/openapi.json").json()
    for method, path in NOWHERE:
        described = document["paths"][f"/api/{path.format('{' + PARAMETERS[path.split('/')[0]] + '}')}"][method]
        status = "200" if method == "get" else "202"
        schema = described["responses"][status]["content"]["application/json"]["schema"]
        assert schema["$ref"].rpartition("/")[2].startswith("Envelope_")


PARAMETERS = {"operations": "operation_id", "cached": "file_id", "cycles": "cycle_id"}
