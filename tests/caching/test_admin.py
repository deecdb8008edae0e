"""Every page of the admin, with rows and without, and what can be changed through it."""

from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.core import checks
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from caching import audit_page, auditing, orders
from caching.models import CachedFile, Cycle, CycleState, Operation, PathMapping, Playback, Replay, Root
from tests.caching.ground import Ground, make_ground
from tests.caching.quiet import make_quiet
from tests.caching.rows import Rows, make_rows

pytestmark = pytest.mark.django_db

admin.autodiscover()  # addresses do it, and nobody has asked for one yet
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
JOURNAL: list[type[Model]] = [CachedFile, Cycle, Operation, Playback, Replay]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return make_rows(tmp_path)


def address(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def test_django_finds_nothing_to_mend_in_the_pages() -> None:
    assert checks.run_checks(tags=["admin"]) == []


def test_all_that_a_person_needs_has_a_page() -> None:
    names = {model._meta.label for model in MODELS}
    assert names >= {
        "auth.User", "caching.CachePolicy", "caching.CachedFile", "caching.Cycle", "caching.Operation",
        "caching.PathMapping", "caching.Playback", "plexusers.PlexServer",
        "plexusers.PlexUser", "plexusers.UserTypeDefaults", "plexusers.WatchPolicy",
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
    assert empty == ["caching.CachePolicy", "plexusers.WatchPolicy"]  # reading settings makes no row


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


# ---- orders and the audit ------------------------------------------------------------------------------------------


@pytest.fixture
def ground(tmp_path: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    make_quiet(settings, tmp_path_factory.mktemp("config"))
    made = make_ground(tmp_path, "symlink")
    made.cached()
    return made


def choose(client: Client, model: type[Model], action: str, row: Model) -> str:
    """Choose an action for a row of a list; what the page says then."""
    chosen = {"action": action, "_selected_action": [row.pk]}
    return str(client.post(address(model, "changelist"), chosen, follow=True).content.decode())


@pytest.mark.parametrize("action", ["restore", "evict"])
def test_a_cached_file_is_ordered_back_from_its_list(admin_client: Client, ground: Ground, action: str) -> None:
    text = choose(admin_client, CachedFile, action, CachedFile.objects.get())
    assert "ordered; it is done as soon as a worker is free" in text
    order = Operation.objects.latest("id")
    assert (order.kind, order.trigger, order.is_waiting) == (action, "admin", True)
    assert "not finished" in choose(admin_client, CachedFile, action, CachedFile.objects.get())
    assert Operation.objects.count() == 2


def test_an_operation_is_undone_cancelled_and_tried_again_from_its_list(admin_client: Client, ground: Ground) -> None:
    done = Operation.objects.get()
    assert "ordered" in choose(admin_client, Operation, "undo", done)
    order = Operation.objects.latest("id")
    assert (order.kind, order.follows) == ("restore", done)
    assert "cancelled" in choose(admin_client, Operation, "cancel", order)
    assert "ordered" in choose(admin_client, Operation, "retry", order)
    assert Operation.objects.latest("id").follows == order
    assert "nothing to retry" in choose(admin_client, Operation, "retry", done)


BUTTONS = [
    ("planned", "Cancel"),
    ("swapped", "Cancel"),
    ("done", "Undo"),
    ("aborted", "Try again"),
    ("conflict", "Try again"),
]


@pytest.mark.parametrize(("state", "button"), BUTTONS)
def test_an_operations_page_offers_what_can_be_done_about_it(
    admin_client: Client, ground: Ground, state: str, button: str
) -> None:
    Operation.objects.update(state=state)
    text = admin_client.get(address(Operation, "change", Operation.objects.get().pk)).content.decode()
    assert [one for one in ("Cancel", "Undo", "Try again") if f">{one}</button>" in text] == [button]


def test_an_operations_button_is_pressed_and_links_lead_both_ways(admin_client: Client, ground: Ground) -> None:
    done = Operation.objects.get()
    press = reverse("admin:caching_operation_press", args=[done.pk])
    assert admin_client.get(press).status_code == 405
    answer = admin_client.post(press, {"do": "undo"}, follow=True).content.decode()
    order = Operation.objects.latest("id")
    assert order.follows == done
    assert f'href="{address(Operation, "change", order.pk)}"' in answer
    assert done.hash in answer
    text = admin_client.get(address(Operation, "change", order.pk)).content.decode()
    assert f'href="{address(Operation, "change", done.pk)}"' in text
    admin_client.post(press, {"do": "anything else"})
    assert Operation.objects.count() == 2


def test_the_audit_looks_only_when_asked_to_and_repairs_by_a_button(admin_client: Client, ground: Ground) -> None:
    ground.on_cache().unlink()
    page, repair = reverse("admin:caching_audit"), reverse("admin:caching_audit_repair")
    check = reverse("admin:caching_audit_check")
    closed = admin_client.get(page).content.decode()
    assert "Check now" in closed
    assert "Cached copy gone" not in closed
    text = admin_client.post(check, follow=True).content.decode()
    assert "Cached copy gone" in text
    assert "Repair 1" in text
    assert Operation.objects.count() == 1
    assert admin_client.get(repair).status_code == 405
    answer = admin_client.post(repair, follow=True).content.decode()
    assert "1 restore ordered" in answer
    assert Operation.objects.latest("id").trigger == "audit"
    assert "Nothing to look at" in answer
    assert orders.run_waiting() == 1
    assert str(Operation.objects.latest("id")) in admin_client.get(page).content.decode()


def test_a_repair_from_a_foreign_page_or_by_a_reader_is_refused(ground: Ground, admin_user: User) -> None:
    ground.on_cache().unlink()
    repair = reverse("admin:caching_audit_repair")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    assert strict.post(repair).status_code == 403
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(reader)
    assert client.post(reverse("admin:caching_audit_check"), follow=True).status_code == 200
    assert client.post(repair).status_code == 403
    press = reverse("admin:caching_operation_press", args=[Operation.objects.get().pk])
    assert client.post(press, {"do": "undo"}).status_code == 403
    choose(client, CachedFile, "restore", CachedFile.objects.get())
    assert Operation.objects.count() == 1


def test_the_audit_is_in_the_side_bar(admin_client: Client) -> None:
    assert f'href="{reverse("admin:caching_audit")}"' in admin_client.get("/admin/").content.decode()


def test_every_kind_of_finding_has_its_words() -> None:
    assert set(audit_page.WORDS) == {kind.value for kind in auditing.Kind}


@pytest.mark.parametrize("model", [CachedFile, Operation])
@pytest.mark.parametrize("asked", ["path=x", "path=%ff%00", "path__in=x"])
def test_a_list_asked_for_bytes_refuses_instead_of_failing(
    admin_client: Client, model: type[Model], asked: str
) -> None:
    assert admin_client.get(f"{address(model, 'changelist')}?{asked}").status_code == 400
