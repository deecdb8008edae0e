"""The page and the API of all settings, on a home whose films are cached."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from cacherr.env import Environment
from caching import lock
from caching.consequences import compare
from caching.lock import WORK_LOCK
from caching.models import CachedFile, CachePolicy
from plexusers.models import PlexServer, PlexUser, UserTypeDefaults, WatchPolicy
from tests.caching.neighbours import Neighbours, run, serving
from tests.caching.quiet import KEY, make_quiet

PAGE = "/admin/caching/cachepolicy/all/"
SECRET = "s3cret-token"


@pytest.fixture(autouse=True)
def quiet(settings: Settings, tmp_path: Path, db: None) -> None:
    (tmp_path / "config").mkdir()
    make_quiet(settings, tmp_path / "config")


@pytest.fixture
def cached(settings: Settings, tmp_path: Path) -> Iterator[Neighbours]:
    """Three films of about 500 bytes, on deck and cached."""
    made = Neighbours(tmp_path)
    CachePolicy.objects.update(min_free_space="")
    with serving(made) as server:
        settings.CACHERR_OUTBOUND_GATEWAY = server.url
        made.on_deck(made.alex, *(made.film(title) for title in ("Alpha", "Beta", "Gamma")))
        run()
        assert CachedFile.objects.count() == 3
        yield made


def form_of(client: Client, **changed: str) -> dict[str, str]:
    """What a browser sends for the page as it is shown, with some fields filled in otherwise."""
    answer = client.get(PAGE)
    assert answer.status_code == 200
    sent = {}
    for group in answer.context["groups"]:
        for row in group["rows"]:
            value = row.field.value()
            if row.setting.override or row.setting.is_secret or value is False:
                continue
            sent[row.setting.name] = "on" if value is True else str(value)
    return sent | changed


def send(client: Client, **changed: str) -> Any:
    return client.post(PAGE, form_of(client, **changed), follow=True)


def confirm(client: Client, answer: Any) -> Any:
    """Press the button of the page that asks."""
    (token,) = re.findall(r'name="confirmed" value="([^"]*)"', answer.content.decode())
    return client.post(PAGE, {"confirmed": token}, follow=True)


def declare(settings: Settings, **variables: str) -> None:
    settings.CACHERR_OVERRIDES = Environment(variables).overrides()


def test_the_page_shows_every_setting_with_its_variable_and_default(admin_client: Client) -> None:
    html = admin_client.get(PAGE).content.decode()
    for words in ("CACHERR_CACHE_LIMIT", "CACHERR_TMDB_KEY", "CACHERR_PLEX_URL", "Default: 5%", "Minimum free space"):
        assert words in html


def test_what_the_environment_sets_is_shown_and_cannot_be_changed(admin_client: Client, settings: Settings) -> None:
    CachePolicy(reserve="5GB").save()
    declare(settings, CACHERR_RESERVE="77GB", PLEX_TOKEN=SECRET)
    answer = admin_client.get(PAGE)
    html = answer.content.decode()
    assert "set by CACHERR_RESERVE" in html
    assert "77GB" in html
    assert "stored here, for the day when the variable goes: 5GB" in html
    assert 'name="reserve"' not in html
    assert SECRET not in html
    send(admin_client, reserve="99GB", session_seconds="60")
    assert (CachePolicy.stored().reserve, WatchPolicy.stored().session_seconds) == ("5GB", 60)


def test_what_is_not_dangerous_is_saved_at_once_and_together(admin_client: Client) -> None:
    answer = send(admin_client, session_seconds="60", operations_to_cache="4", plex_token=SECRET)
    assert "Saved:" in answer.content.decode()
    assert WatchPolicy.stored().session_seconds == 60
    assert CachePolicy.stored().operations_to_cache == 4
    assert PlexServer.stored().plex_token == SECRET
    assert SECRET not in answer.content.decode()


def test_one_wrong_value_keeps_all_of_them_from_being_saved(admin_client: Client) -> None:
    answer = send(admin_client, session_seconds="1", operations_to_cache="4", plex_token=SECRET)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was saved" in html
    assert 'href="#id_session_seconds"' in html
    assert SECRET not in html
    assert CachePolicy.stored().operations_to_cache == 2


def test_a_contradiction_with_the_environment_is_told_at_its_field(admin_client: Client, settings: Settings) -> None:
    declare(settings, CACHERR_EVICTION_THRESHOLD_PERCENT="60")
    html = send(admin_client, eviction_target_percent="70").content.decode()
    assert "percent (70) cannot be above the eviction threshold percent (60, set by CACHERR_EVICTION_THR" in html
    assert "Lower the first or raise the second." in html
    assert 'href="#id_eviction_target_percent"' in html


def test_a_secret_is_kept_when_left_empty_and_forgotten_when_asked(admin_client: Client) -> None:
    PlexServer(plex_token=SECRET).save()
    send(admin_client, session_seconds="60")
    assert PlexServer.stored().plex_token == SECRET
    send(admin_client, forget="plex_token")
    assert PlexServer.stored().plex_token == ""


def test_a_dangerous_change_is_saved_only_after_its_consequences_were_shown(
    admin_client: Client, cached: Neighbours
) -> None:
    asked = send(admin_client, cache_limit="1KB", plex_token=SECRET)
    html = asked.content.decode()
    assert asked.context["found"]["effects"][0]["effect"] == "leave"
    assert re.search(r"\d files? \([\d.]+ \w+\) would go back to the array that stay now", html)
    assert "(2001)" in html
    assert SECRET not in html
    assert CachePolicy.stored().cache_limit == ""
    confirm(admin_client, asked)
    assert (CachePolicy.stored().cache_limit, PlexServer.stored().plex_token) == ("1KB", SECRET)


def test_what_was_shown_is_what_the_next_cycle_does(admin_client: Client, cached: Neighbours) -> None:
    asked = send(admin_client, cache_limit="1KB")
    (leaving,) = [one for one in asked.context["found"]["effects"] if one["effect"] == "leave"]
    before = CachedFile.objects.count()
    confirm(admin_client, asked)
    run()
    assert before - CachedFile.objects.count() == leaving["files"]


def test_asking_what_a_change_does_changes_nothing(admin_client: Client, cached: Neighbours) -> None:
    before = list(CachedFile.objects.order_by("id").values())
    send(admin_client, cache_limit="1KB")
    assert list(CachedFile.objects.order_by("id").values()) == before
    assert CachePolicy.effective().cache_limit == ""


def test_a_setting_of_what_counts_as_wanted_asks_anew(admin_client: Client, cached: Neighbours) -> None:
    cached.film("Delta", at=int(timezone.now().timestamp()) + 60)
    asked = send(admin_client, recently_added="on")
    (coming,) = asked.context["found"]["effects"]
    assert (coming["effect"], coming["files"], coming["examples"][0]["title"]) == ("come", 1, "Delta (2001)")
    assert not WatchPolicy.effective().recently_added


def test_a_dangerous_setting_that_changes_nothing_now_is_saved_at_once(
    admin_client: Client, cached: Neighbours
) -> None:
    assert "Saved:" in send(admin_client, cache_limit="5TB").content.decode()
    assert CachePolicy.stored().cache_limit == "5TB"


def test_while_nothing_is_cached_nobody_is_asked(admin_client: Client) -> None:
    assert "Saved:" in send(admin_client, cache_limit="1KB").content.decode()


def test_another_server_is_not_asked_before_it_is_stored(admin_client: Client, cached: Neighbours) -> None:
    asked = send(admin_client, plex_url="http://127.0.0.1:9")
    html = asked.content.decode()
    assert "Another server has other files" in html
    assert "can only be told once" in html


def test_while_a_cycle_runs_the_consequences_are_unknown_and_can_be_confirmed_all_the_same(
    admin_client: Client, cached: Neighbours
) -> None:
    with lock.held(WORK_LOCK):
        asked = send(admin_client, cache_limit="1KB")
    assert "This cannot be told now." in asked.content.decode()
    confirm(admin_client, asked)
    assert CachePolicy.stored().cache_limit == "1KB"


@pytest.mark.parametrize("token", ["", "x", "gAAAAABnonsense"])
def test_a_confirmation_that_was_not_made_here_saves_nothing(admin_client: Client, token: str) -> None:
    answer = admin_client.post(PAGE, {"confirmed": token}, follow=True)
    assert "Nothing was saved" in answer.content.decode()
    assert not CachePolicy.objects.exists()


def decision(action: str, path: str, size: int = 10) -> dict[str, Any]:
    return {"action": action, "path": path, "mapping": "m", "size": size, "title": "", "reason": "because"}


@pytest.mark.parametrize(
    ("was", "will", "effect"),
    [
        ("keep", "restore", "leave"),
        ("keep", "evict", "leave"),
        (None, "restore", "leave"),
        ("evict", "keep", "stay"),
        ("restore", "keep", "stay"),
        ("cache", "skip", "not_come"),
        ("cache", None, "not_come"),
        ("skip", "cache", "come"),
        (None, "cache", "come"),
        ("keep", "keep", None),
        ("restore", "evict", None),
        ("skip", None, None),
        ("cache", "cache", None),
    ],
)
def test_two_plans_are_compared_file_by_file(was: str | None, will: str | None, effect: str | None) -> None:
    before = [decision(was, "a")] if was else []
    after = [decision(will, "a")] if will else []
    found = compare(before, after)
    assert [one.what for one in found] == ([effect] if effect else [])


def test_the_largest_files_are_the_examples() -> None:
    after = [decision("evict", f"f{size}", size) for size in range(20)]
    (leaving,) = compare([], after)
    told = leaving.told
    assert (told["files"], told["bytes"], told["more"], told["examples"][0]["bytes"]) == (20, 190, 12, 19)


# ---- other pages ----------------------------------------------------------------------------------------------------


def fields_of(answer: Any) -> dict[str, str]:
    """What a browser sends for an admin's form as it is shown."""
    form = answer.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {
        name: "on" if value is True else str(value)
        for name, value in values.items()
        if not (value is None or value is False)
    }


def change(client: Client, path: str, **changed: str) -> Any:
    return client.post(path, fields_of(client.get(path)) | changed, follow=True)


def confirm_row(client: Client, path: str, answer: Any) -> Any:
    (token,) = re.findall(r'name="_sealed" value="([^"]*)"', answer.content.decode())
    return client.post(path, {"_sealed": token}, follow=True)


def test_switching_a_source_of_a_type_of_users_off_is_asked_about(admin_client: Client, cached: Neighbours) -> None:
    row, _ = UserTypeDefaults.objects.get_or_create(kind="main")
    path = f"/admin/plexusers/usertypedefaults/{row.pk}/change/"
    sent = fields_of(admin_client.get(path))
    del sent["ondeck"]
    asked = admin_client.post(path, sent)
    assert "3 files" in asked.content.decode()
    row.refresh_from_db()
    assert row.ondeck
    confirm_row(admin_client, path, asked)
    row.refresh_from_db()
    assert not row.ondeck


def test_a_users_secret_is_not_in_the_page_that_asks(admin_client: Client, cached: Neighbours) -> None:
    user = PlexUser.objects.get(kind="main")
    path = f"/admin/plexusers/plexuser/{user.pk}/change/"
    sent = fields_of(admin_client.get(path)) | {"ondeck": "false", "watchlist_feed": f"https://rss.plex.tv/{SECRET}"}
    asked = admin_client.post(path, sent)
    assert "would go back to the array" in asked.content.decode()
    assert SECRET not in asked.content.decode()
    confirm_row(admin_client, path, asked)
    user.refresh_from_db()
    assert (user.ondeck, user.watchlist_feed) == (False, f"https://rss.plex.tv/{SECRET}")


def test_the_mode_of_a_mapping_is_changed_only_after_the_warning(admin_client: Client, cached: Neighbours) -> None:
    mapping = cached.ground.mapping
    path = f"/admin/caching/pathmapping/{mapping.pk}/change/"
    asked = change(admin_client, path, mode="move")
    assert "lost when the cache disk dies" in asked.content.decode()
    mapping.refresh_from_db()
    assert mapping.mode == "copy"
    confirm_row(admin_client, path, asked)
    mapping.refresh_from_db()
    assert mapping.mode == "move"


def test_the_page_of_one_group_of_settings_asks_as_well(admin_client: Client, cached: Neighbours) -> None:
    path = "/admin/caching/cachepolicy/1/change/"
    asked = change(admin_client, path, cache_limit="1KB")
    assert "would go back to the array" in asked.content.decode()
    assert CachePolicy.stored().cache_limit == ""
    confirm_row(admin_client, path, asked)
    assert CachePolicy.stored().cache_limit == "1KB"


def test_a_confirmation_of_another_page_changes_nothing(admin_client: Client, cached: Neighbours) -> None:
    mapping = cached.ground.mapping
    path = f"/admin/caching/pathmapping/{mapping.pk}/change/"
    asked = change(admin_client, path, mode="move")
    other, _ = UserTypeDefaults.objects.get_or_create(kind="main")
    elsewhere = f"/admin/plexusers/usertypedefaults/{other.pk}/change/"
    assert "Nothing was saved" in confirm_row(admin_client, elsewhere, asked).content.decode()
    mapping.refresh_from_db()
    assert mapping.mode == "copy"


def test_what_is_not_dangerous_or_wrong_is_no_question(admin_client: Client, cached: Neighbours) -> None:
    mapping = cached.ground.mapping
    path = f"/admin/caching/pathmapping/{mapping.pk}/change/"
    change(admin_client, path, name="renamed")
    mapping.refresh_from_db()
    assert mapping.name == "renamed"
    assert "absolute path" in change(admin_client, path, array_root="x", mode="move").content.decode()


# ---- the API -------------------------------------------------------------------------------------------------------


def call(client: Client, method: str, path: str, body: object = None, status: int = 200) -> Any:
    answer = getattr(client, method)(path, body, content_type="application/json", headers=KEY)
    assert answer.status_code == status, answer.content
    return answer.json()


def settings_by_name(answer: Any) -> dict[str, Any]:
    return {one["name"]: one for group in answer["data"]["groups"] for one in group["settings"]}


def test_the_api_tells_values_sources_and_variables_and_no_secrets(client: Client, settings: Settings) -> None:
    PlexServer(plex_token=SECRET, plex_url="http://plex:32400").save()
    declare(settings, CACHERR_CACHE_LIMIT="20GB", CACHERR_TMDB_KEY=SECRET)
    answer = call(client, "get", "/api/settings")
    assert SECRET not in str(answer)
    known = settings_by_name(answer)
    limit = known["cache_limit"]
    assert (limit["value"], limit["stored"], limit["default"], limit["source"], limit["variable"], limit["kind"]) == (
        "20GB", "", "", "environment", "CACHERR_CACHE_LIMIT", "text",
    )  # fmt: skip
    assert known["eviction_mode"]["choices"] == ["smart", "fifo", "none"]
    assert (known["paused"]["value"], known["paused"]["kind"]) == (False, "boolean")
    assert (known["plex_token"]["value"], known["trakt_client_secret"]["value"]) == ("set", "not set")


def test_settings_are_changed_by_api_all_or_none(client: Client, settings: Settings) -> None:
    declare(settings, CACHERR_RESERVE="1GB")
    answer = call(client, "put", "/api/settings", {"cache_limit": "10GB", "recently_added": True})
    assert settings_by_name(answer)["cache_limit"]["value"] == "10GB"
    answer = call(client, "put", "/api/settings", {"cache_limit": "1GB", "reserve": "2GB", "colour": 1}, status=422)
    assert "reserve: It is set by CACHERR_RESERVE" in answer["error"]
    assert "colour: There is no setting of this name." in answer["error"]
    assert CachePolicy.stored().cache_limit == "10GB"


@pytest.mark.parametrize("body", [[], {"cache_limit": []}, {"cache_limit": {"a": 1}}])
def test_what_is_no_change_of_settings_is_refused(client: Client, body: object) -> None:
    call(client, "put", "/api/settings", body, status=422)


def test_the_api_previews_a_change(client: Client, cached: Neighbours) -> None:
    told = call(client, "post", "/api/settings/preview", {"cache_limit": "1KB"})["data"]
    assert [one["effect"] for one in told["effects"]] == ["leave"]
    assert told["differences"] == [{"name": "cache_limit", "label": "cache limit", "old": "empty", "new": "1KB"}]
    assert CachePolicy.stored().cache_limit == ""
