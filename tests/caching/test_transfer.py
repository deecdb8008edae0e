"""Settings carried to another installation as a document."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from cacherr.env import Environment
from cacherr.fields import EncryptedField
from caching.models import CacheLimit, CachePolicy, NotificationTarget, PathMapping, Pin, Rule
from caching.transfer import PARTS, VERSION, ImportRefusedError, export_document, import_document
from importlists.models import ImportList
from plexusers.models import LibrarySection, PlexServer, PlexUser, UserTypeDefaults, WatchPolicy
from tests.caching.quiet import KEY, make_quiet
from tests.conftest import Installation

pytestmark = pytest.mark.django_db

SECRET = "s3cret"
CYCLE = "caching.tasks.run_cycle"


def fill() -> None:
    """One row of everything, with secrets wherever there can be some."""
    CachePolicy(cache_limit="250GB", minimum_hold_hours=3, dry_run=True).save()
    WatchPolicy(recently_added=True, friends_feed=f"https://rss.plex.tv/{SECRET}", webhook_secret=SECRET).save()
    PlexServer(plex_url="http://plex:32400", plex_token=SECRET).save()
    PlexUser.objects.create(plex_id=1, kind="main", title="Alex", username="alex", ondeck=False)
    kim = PlexUser.objects.create(
        plex_id=77, kind="shared", title="Kim", priority_boost=-20, token=SECRET, token_origin="pasted",
        watchlist_feed=f"https://rss.plex.tv/{SECRET}",
    )  # fmt: skip
    UserTypeDefaults.objects.update_or_create(kind="shared", defaults={"watchlist": False})
    movies = LibrarySection.objects.create(key="1", kind="movie", title="Movies", enabled=False)
    Rule.objects.create(name="No westerns", genres="Western", order=3, added_within_days=9)
    CacheLimit.objects.create(user=kim, size="100GB")
    CacheLimit.objects.create(library=movies, files=5)
    CacheLimit.objects.create(kind="shared", size="20%")
    ImportList.objects.create(name="Mine", provider="custom", chart="json", address=f"https://x.org/{SECRET}", user=kim)
    PathMapping.objects.create(name="films", plex_prefix="/data", array_root="/a", cache_root="/c", mode="move")
    NotificationTarget.objects.create(name="Home", url=f"json://home/{SECRET}", service="JSON", timing="daily")
    Pin.objects.create(kind="season", rating_key="5", season=0, title="Show, the specials", created_by="alex")
    every = IntervalSchedule.objects.create(every=90, period="minutes")
    PeriodicTask.objects.filter(name="Cycle").update(interval=every, enabled=False)


def empty() -> None:
    for model in (
        Rule,
        CacheLimit,
        CachePolicy,
        WatchPolicy,
        PlexServer,
        Pin,
        ImportList,
        PlexUser,
        PathMapping,
        NotificationTarget,
    ):
        model._default_manager.all().delete()
    UserTypeDefaults.objects.update(watchlist=True)
    LibrarySection.objects.update(enabled=True)
    PeriodicTask.objects.update(enabled=True)


@pytest.fixture
def filled() -> Iterator[None]:
    fill()
    yield


def through_json(document: dict[str, Any]) -> Any:
    return json.loads(json.dumps(document))


def rows_of(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "made_at"}


@pytest.mark.usefixtures("filled")
def test_everything_comes_back_in_another_installation() -> None:
    document = through_json(export_document(secrets=True))
    empty()
    outcome = import_document(document)
    assert outcome.notes == []
    assert rows_of(export_document(secrets=True)) == rows_of(document)
    assert PlexUser.objects.get(plex_id=77).token == SECRET
    assert ImportList.objects.get().user == PlexUser.objects.get(plex_id=77)


@pytest.mark.usefixtures("filled")
def test_twice_is_like_once() -> None:
    document = through_json(export_document(secrets=True))
    assert import_document(document).changes == []
    empty()
    import_document(document)
    assert import_document(document).changes == []


@pytest.mark.usefixtures("filled")
def test_without_being_asked_no_secret_is_written_and_none_is_lost() -> None:
    document = through_json(export_document())
    assert SECRET not in str(document)
    assert import_document(document).changes == []
    assert PlexServer.stored().plex_token == SECRET
    assert ImportList.objects.get().address == f"https://x.org/{SECRET}"


@pytest.mark.usefixtures("filled")
def test_what_cannot_be_without_its_secret_is_left_out_and_named_and_the_rest_comes() -> None:
    document = through_json(export_document())
    empty()
    notes = import_document(document).notes
    assert [note for note in notes if "it needs a secret" in note] == notes
    assert ["Mine" in notes[0], "Home" in notes[1], len(notes)] == [True, True, 2]
    assert not (ImportList.objects.exists() or NotificationTarget.objects.exists())
    assert PathMapping.objects.exists()


@pytest.mark.usefixtures("filled")
def test_an_empty_secret_overwrites_none() -> None:
    document = through_json(export_document(secrets=True))
    document["settings"]["plex_token"] = ""
    document["users"][1] |= {"token": "", "watchlist_feed": None}
    assert import_document(document).changes == []


@pytest.mark.usefixtures("filled")
def test_what_is_told_of_an_import_has_no_secret() -> None:
    document = through_json(export_document(secrets=True))
    empty()
    outcome = import_document(document)
    assert outcome.changes
    assert SECRET not in str(outcome.changes) + str(outcome.notes)


@pytest.mark.usefixtures("filled")
def test_a_dry_run_tells_the_same_and_stores_nothing() -> None:
    document = through_json(export_document(secrets=True))
    empty()
    told = import_document(document, dry_run=True)
    assert not CachePolicy.objects.exists()
    assert not PlexUser.objects.exists()
    assert told.changes == import_document(document).changes


@pytest.mark.usefixtures("filled")
def test_what_the_document_does_not_name_stays() -> None:
    import_document({"format": "cacherr settings", "version": 1, "settings": {"reserve": "1GB"}})
    assert (CachePolicy.stored().cache_limit, CachePolicy.stored().reserve) == ("250GB", "1GB")
    assert PathMapping.objects.count() == 1


@pytest.mark.usefixtures("filled")
def test_one_wrong_value_keeps_everything_from_being_imported() -> None:
    document = through_json(export_document())
    empty()
    document["pins"][0]["kind"] = "poem"
    document["lists"][0]["count"] = "ten"
    with pytest.raises(ImportRefusedError) as caught:
        import_document(document)
    assert "pins, Show, the specials: kind:" in str(caught.value)
    assert "lists, Mine: count: Write a whole number." in str(caught.value)
    assert not CachePolicy.objects.exists()
    assert not PathMapping.objects.exists()


def test_what_is_unknown_is_named_and_left_out() -> None:
    document = {
        "format": "cacherr settings", "version": 1, "colours": [], "settings": {"colour": "red"},
        "pins": [{"rating_key": "1", "kind": "movie", "title": "Alpha", "shape": "round"}],
        "libraries": [{"key": "99", "enabled": False}],
    }  # fmt: skip
    notes = " ".join(import_document(document).notes)
    for words in (
        "colours is unknown",
        "settings: colour is unknown",
        "pins, Alpha: shape is unknown",
        "libraries, 99",
    ):
        assert words in notes
    assert Pin.objects.get().season is None


@pytest.mark.parametrize(
    ("part", "row"),
    [
        ("lists", {"name": "x", "provider": "stevenlu", "chart": "popular", "user": {"plex_id": 5}}),
        ("limits", {"kind": None, "user": None, "library": {"key": "9"}, "files": 3}),
    ],
)
def test_what_refers_to_somebody_who_is_not_here_is_left_out_and_named(part: str, row: dict[str, Any]) -> None:
    outcome = import_document({"format": "cacherr settings", "version": 1, part: [row]})
    assert (outcome.changes, len(outcome.notes)) == ([], 1)
    assert "left out: there is no" in outcome.notes[0]


def test_the_owner_is_one_whatever_the_number() -> None:
    PlexUser.objects.create(plex_id=1, kind="main", title="Owner")
    import_document({
        "format": "cacherr settings", "version": 1,
        "users": [{"plex_id": 4711, "kind": "main", "title": "Alex", "episodes_ahead": 9}],
    })  # fmt: skip
    owner = PlexUser.objects.get()
    assert (owner.plex_id, owner.title, owner.episodes_ahead) == (1, "Owner", 9)


def test_what_the_environment_sets_is_stored_for_later_and_told(settings: Settings) -> None:
    settings.CACHERR_OVERRIDES = Environment({"CACHERR_RESERVE": "5GB"}).overrides()
    outcome = import_document({"format": "cacherr settings", "version": 1, "settings": {"reserve": "1GB"}})
    assert outcome.notes == ["settings: reserve is stored, but CACHERR_RESERVE wins."]
    assert (CachePolicy.stored().reserve, CachePolicy.effective().reserve) == ("1GB", "5GB")


def test_a_mapping_of_the_environment_is_neither_carried_nor_overwritten() -> None:
    PathMapping.objects.create(name="films", plex_prefix="/d", array_root="/a", cache_root="/c", origin="environment")
    assert export_document()["mappings"] == []
    given = {"name": "films", "plex_prefix": "/x", "array_root": "/y", "cache_root": "/z"}
    outcome = import_document({"format": "cacherr settings", "version": 1, "mappings": [given]})
    assert "the environment sets one of this name" in outcome.notes[0]
    assert PathMapping.objects.get().plex_prefix == "/d"


def test_mappings_that_would_share_a_cache_are_not_imported() -> None:
    rows = [{"name": name, "plex_prefix": f"/{name}", "array_root": f"/{name}", "cache_root": "/ssd"} for name in "xy"]
    document = {"format": "cacherr settings", "version": 1, "mappings": rows}
    with pytest.raises(ImportRefusedError, match="mappings, y: Its cache directory is that of the path mapping x"):
        import_document(document)
    assert not PathMapping.objects.exists()
    rows[1]["cache_root"] = "/ssd2"
    import_document(document)
    assert PathMapping.objects.count() == 2


def schedule(interval: object) -> dict[str, Any]:
    return {"format": "cacherr settings", "version": 1, "schedule": [{"task": CYCLE, "interval": interval}]}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "no document"),
        ({}, "no document"),
        ({"format": "other", "version": 1}, "no document"),
        ({"format": "cacherr settings"}, "version"),
        ({"format": "cacherr settings", "version": True}, "version"),
        ({"format": "cacherr settings", "version": VERSION + 1, "cacherr": "99.1"}, "newer Cacherr (99.1)"),
        ({"format": "cacherr settings", "version": 1, "settings": []}, "object"),
        ({"format": "cacherr settings", "version": 1, "pins": {}}, "list"),
        ({"format": "cacherr settings", "version": 1, "pins": ["x"]}, "object"),
        ({"format": "cacherr settings", "version": 1, "pins": [{"rating_key": {}}]}, "text"),
        ({"format": "cacherr settings", "version": 1, "lists": [{"name": "x", "user": 5}]}, "plex_id"),
        ({"format": "cacherr settings", "version": 1, "mappings": [{"name": "x\0"}]}, "NUL"),
        ({"format": "cacherr settings", "version": 1, "rules": [{"name": "\ud800"}]}, "rules.0.name: Half a character"),
        ({"format": "cacherr settings", "version": 1, "settings": {"\ud800": 1}}, "settings: Half a character"),
        ({"format": "cacherr settings", "version": 99, "cacherr": "\ud800"}, "cacherr: Half a character"),
        (schedule({"every": "x", "period": "minutes"}), "understood"),
        (schedule({"every": 0, "period": "minutes"}), "greater"),
        (schedule({"every": 5, "period": "moons"}), "choice"),
        (schedule({"every": 5}), "every, period"),
        (schedule({"every": 5, "period": "seconds"}), "schedule, caching.tasks.run_cycle"),
        (schedule([]), "every, period"),
        ({"format": "cacherr settings", "version": 1, "users": [{"plex_id": 10**30, "kind": "main"}]}, "less than"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(document: object, words: str) -> None:
    with pytest.raises(ImportRefusedError, match=words.replace("(", r"\(").replace(")", r"\)")):
        import_document(document)


def test_no_part_carries_a_secret_without_being_asked() -> None:
    for part in PARTS:
        assert not [one for one in part.fields(secrets=False) if isinstance(one, EncryptedField)]


def test_the_commands_carry_settings_from_one_installation_to_another(installation: Installation) -> None:
    other = {"CACHERR_CONFIG_DIR": str(installation.directory / "other")}
    document = installation.directory / "settings.json"
    document.write_text(json.dumps({"format": "cacherr settings", "version": 1, "settings": {"reserve": "7GB"}}))
    told = installation.run("import_settings", str(document), "--dry-run")
    assert (told.code, "'empty' becomes '7GB'" in told.output, "nothing was changed" in told.output) == (0, True, True)
    assert installation.run("import_settings", str(document), "--json").report["changes"]
    exported = installation.run("export_settings")
    assert (exported.code, exported.report["settings"]["reserve"]) == (0, "7GB")
    document.write_text(exported.output)
    assert installation.run("import_settings", str(document), extra=other).code == 0
    assert installation.run("export_settings", "--json", extra=other).report["settings"] == {"reserve": "7GB"}
    document.write_text("{")
    refused = installation.run("import_settings", str(document), "--json")
    assert (refused.code, refused.report["success"]) == (2, False)
    assert installation.run("import_settings", str(installation.directory / "nothing")).code == 2
    for content in ('{"format": "cacherr settings", "version": 1, "settings": {"reserve": "\\ud800"}}', PLEXCACHE):
        document.write_text(content)
        refused = installation.run("import_settings", str(document))
        assert (refused.code, "Traceback" in refused.errors) == (2, False)
        assert "Half a character" in refused.errors


PLEXCACHE = '{"PLEX_URL": "http://plex:32400", "plex_source": "/\\ud800", "real_source": "/r", "cache_dir": "/c"}'


def test_export_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_settings", "--json")
    assert json.loads(capsys.readouterr().out)["format"] == "cacherr settings"


# ---- the API -------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(client: Client, settings: Settings, tmp_path: Path) -> Client:
    make_quiet(settings, tmp_path)
    return client


@pytest.mark.usefixtures("filled")
def test_the_document_is_exported_by_api_with_secrets_only_when_asked(api: Client) -> None:
    answer = api.get("/api/settings/export", headers=KEY)
    assert answer.json()["data"]["settings"]["cache_limit"] == "250GB"
    assert SECRET not in answer.content.decode()
    assert SECRET in api.get("/api/settings/export?secrets=true", headers=KEY).content.decode()
    assert api.get("/api/settings/export").status_code == 401


def test_a_document_is_imported_by_api(api: Client) -> None:
    document = {"format": "cacherr settings", "version": 1, "settings": {"reserve": "1GB"}}
    for query, stored in (("?dry_run=true", ""), ("", "1GB")):
        answer = api.post(f"/api/settings/import{query}", document, "application/json", headers=KEY)
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"]["changes"][0]["fields"] == [{"name": "reserve", "old": "empty", "new": "1GB"}]
        assert CachePolicy.stored().reserve == stored
    refused = api.post("/api/settings/import", {"settings": {}}, "application/json", headers=KEY)
    assert (refused.status_code, "no document" in refused.json()["error"]) == (422, True)


# ---- the page ------------------------------------------------------------------------------------------------------

PAGE = "/admin/caching/cachepolicy/transfer/"


def upload(client: Client, content: bytes) -> Any:
    return client.post(PAGE, {"do": "look", "document": SimpleUploadedFile("settings.json", content)})


@pytest.mark.usefixtures("filled")
def test_the_page_downloads_the_document_with_secrets_only_when_asked(admin_client: Client) -> None:
    answer = admin_client.post(PAGE, {"do": "export"})
    assert "attachment" in answer.headers["Content-Disposition"]
    assert (answer.json()["settings"]["cache_limit"], SECRET in answer.content.decode()) == ("250GB", False)
    assert SECRET in admin_client.post(PAGE, {"do": "export", "secrets": "on"}).content.decode()


def test_the_page_shows_what_a_document_changes_before_it_is_imported(admin_client: Client) -> None:
    given = {"format": "cacherr settings", "version": 1, "settings": {"reserve": "1GB", "plex_token": SECRET}}
    answer = upload(admin_client, json.dumps(given).encode())
    html = answer.content.decode()
    assert "Nothing is imported yet" in html
    assert SECRET not in html
    assert CachePolicy.stored().reserve == ""
    (token,) = re.findall(r'name="sealed" value="([^"]*)"', html)
    done = admin_client.post(PAGE, {"do": "import", "sealed": token}, follow=True)
    assert "Imported: 1 change." in done.content.decode()
    assert (CachePolicy.stored().reserve, PlexServer.stored().plex_token) == ("1GB", SECRET)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff" * 10, b" " * (1024 * 1024 + 1)])
def test_the_page_says_what_is_wrong_with_a_file(admin_client: Client, content: bytes) -> None:
    answer = upload(admin_client, content)
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (422, True)


def test_the_page_is_for_those_who_may_do_everything(client: Client) -> None:
    client.force_login(User.objects.create(username="helper", is_staff=True))
    assert client.get(PAGE).status_code == 403
    assert client.get("/admin/caching/cachepolicy/all/").status_code == 403
