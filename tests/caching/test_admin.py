"""Every page of the admin, with rows and without, and what can be changed through it."""

from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule
from pytest_django.fixtures import Settings

from caching.models import CachedFile, Cycle, CycleState, Operation, PathMapping, Root
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
JOURNAL: list[type[Model]] = [CachedFile, Cycle, Operation]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    CrontabSchedule.objects.create()
    return make_rows(tmp_path)


def address(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def test_all_that_a_person_needs_has_a_page() -> None:
    names = {model._meta.label for model in MODELS}
    assert names >= {
        "auth.User", "caching.CachePolicy", "caching.CachedFile", "caching.Cycle", "caching.Operation",
        "caching.PathMapping", "django_celery_beat.PeriodicTask", "plexusers.PlexServer",
    }  # fmt: skip


@pytest.mark.parametrize("has_rows", [False, True])
def test_the_first_page_is_shown(admin_client: Client, request: pytest.FixtureRequest, has_rows: bool) -> None:
    if has_rows:
        request.getfixturevalue("rows")
    assert admin_client.get("/admin/").status_code == 200


@pytest.mark.parametrize("has_rows", [False, True])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_is_shown_and_can_be_searched(
    admin_client: Client, request: pytest.FixtureRequest, model: type[Model], has_rows: bool
) -> None:
    if has_rows:
        request.getfixturevalue("rows")
    answer = admin_client.get(address(model, "changelist"), follow=True)
    assert answer.status_code == 200
    assert "s3cret-token" not in answer.content.decode()
    assert admin_client.get(address(model, "changelist"), {"q": "Alpha"}, follow=True).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_row_is_shown_with_its_history_and_can_be_added_where_that_makes_sense(
    admin_client: Client, rows: Rows, model: type[Model]
) -> None:
    for row in model._default_manager.all():
        answer = admin_client.get(address(model, "change", row.pk))
        assert answer.status_code == 200
        assert "s3cret-token" not in answer.content.decode()
        assert admin_client.get(address(model, "history", row.pk)).status_code == 200
    allowed = admin.site._registry[model].has_add_permission(answer_request(admin_client))
    assert admin_client.get(address(model, "add")).status_code == (200 if allowed else 403)


def answer_request(client: Client) -> HttpRequest:
    """A request of the superuser, to ask for permissions with."""
    request: HttpRequest = client.get("/admin/").wsgi_request
    return request


def test_rows_are_there_for_every_page(rows: Rows) -> None:
    shown = [model for model in MODELS if model._meta.app_label in {"caching", "plexusers"}]
    empty = [model._meta.label for model in shown if not model._default_manager.exists()]
    assert empty == ["caching.CachePolicy"]  # reading settings makes no row


@pytest.mark.parametrize("model", JOURNAL, ids=lambda model: model._meta.label)
def test_the_journal_can_be_read_and_not_changed(admin_client: Client, rows: Rows, model: type[Model]) -> None:
    before = list(model._default_manager.order_by("pk").values())
    for row in model._default_manager.all():
        values = {"state": "done", "reason": "because", "title": "Other", "files_cached": "99"}
        assert admin_client.post(address(model, "change", row.pk), values).status_code == 403
        assert admin_client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert admin_client.post(address(model, "add"), {}).status_code == 403
    every = {"action": "delete_selected", "_selected_action": [row["id"] for row in before], "post": "yes"}
    admin_client.post(address(model, "changelist"), every)
    assert list(model._default_manager.order_by("pk").values()) == before


def test_a_form_from_a_foreign_page_is_refused(rows: Rows, admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    target = address(PathMapping, "delete", rows.mapping.pk)
    assert client.post(target, {"post": "yes"}).status_code == 403
    assert PathMapping.objects.count() == 1


NEW = {
    "name": "TV", "plex_prefix": "/tv", "array_root": "/mnt/array/tv", "cache_root": "/mnt/cache/tv",
    "placement": "auto", "mode": "copy", "enabled": "on",
}  # fmt: skip
WRONG_MAPPINGS = [
    ({"array_root": "relative"}, "absolute path"),
    ({"array_root": "/"}, "whole file system"),
    ({"array_root": "/mnt/../etc"}, "absolute path"),
    ({"cache_root": "/mnt/array/tv/cache"}, "inside each other"),
    ({"cache_root": "/mnt/array/tv"}, "inside each other"),
    ({"cache_root": "/mnt/array/tv/"}, "inside each other"),
    ({"array_root": ""}, "required"),
    ({"array_root": "", "cache_root": ""}, "required"),
    ({"name": ""}, "required"),
    ({"placement": "beside"}, "valid choice"),
]


def test_a_mapping_can_be_added(admin_client: Client) -> None:
    answer = admin_client.post(address(PathMapping, "add"), NEW, follow=True)
    assert answer.status_code == 200
    assert PathMapping.objects.get().cache_root == "/mnt/cache/tv"


@pytest.mark.parametrize(("changed", "sentence"), WRONG_MAPPINGS)
def test_a_mapping_that_cannot_work_is_refused_with_a_sentence(
    admin_client: Client, changed: dict[str, str], sentence: str
) -> None:
    answer = admin_client.post(address(PathMapping, "add"), NEW | changed)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not PathMapping.objects.exists()


def test_a_second_mapping_of_the_same_prefix_is_refused_with_a_sentence(admin_client: Client, rows: Rows) -> None:
    same = NEW | {"plex_prefix": rows.mapping.plex_prefix}
    answer = admin_client.post(address(PathMapping, "add"), same)
    assert answer.status_code == 200
    assert "Another enabled mapping has this Plex prefix already." in answer.content.decode()
    assert PathMapping.objects.count() == 1


@pytest.mark.parametrize("there", [True, False])
def test_proving_from_the_list_says_what_came_out(admin_client: Client, tmp_path: Path, there: bool) -> None:
    array, cache = tmp_path / "array", tmp_path / "cache"
    array.mkdir()
    if there:
        cache.mkdir()
    row = PathMapping.objects.create(
        name="Films", plex_prefix="/nowhere/films", array_root=str(array), cache_root=str(cache)
    )
    action = {"action": "prove", "_selected_action": [row.pk]}
    answer = admin_client.post(address(PathMapping, "changelist"), action, follow=True)
    row.refresh_from_db()
    assert row.is_proved is there
    text = answer.content.decode()
    assert ("cannot be seen from here" if there else str(cache)) in text
    assert Root.objects.count() == (2 if there else 0)


def test_a_mapping_of_the_environment_can_be_read_and_not_changed(admin_client: Client, settings: Settings) -> None:
    settings.OLDER_MAPPING = {"plex": "/data", "array": "/array", "cache": "/cache"}
    assert admin_client.get(address(PathMapping, "changelist")).status_code == 200
    row = PathMapping.objects.get()
    assert row.origin == "environment"
    assert admin_client.get(address(PathMapping, "change", row.pk)).status_code == 200
    assert admin_client.post(address(PathMapping, "change", row.pk), NEW).status_code == 403
    assert admin_client.post(address(PathMapping, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert PathMapping.objects.get().plex_prefix == "/data"


def test_a_running_cycle_is_not_ended_by_looking_at_it(admin_client: Client, rows: Rows) -> None:
    admin_client.get(address(Cycle, "change", rows.cycle.pk))
    rows.cycle.refresh_from_db()
    assert rows.cycle.state == CycleState.RUNNING
