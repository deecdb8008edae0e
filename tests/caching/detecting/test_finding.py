"""Mappings detected on real directories, and each usual mistake found by the doctor, the API and the proof alike."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from cacherr.errors import CacherrError
from caching import detecting, doctor
from caching.models import CachedFile, PathMapping
from plexusers.standin import StandIn, faults
from tests.caching.detecting.home import Laid, answering
from tests.caching.ground import Ground, put_new_disk
from tests.caching.quiet import KEY, make_quiet
from tests.caching.test_api import opened, post
from tests.conftest import tree
from tests.home import PLEX_PREFIX

pytestmark = pytest.mark.django_db

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@pytest.fixture
def laid(tmp_path: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    make_quiet(settings, tmp_path_factory.mktemp("config"))
    return Laid(tmp_path)


@pytest.fixture
def plex(laid: Laid) -> Iterator[StandIn]:
    with answering(laid) as server:
        yield server


@contextmanager
def mounted(*arguments: str | Path) -> Iterator[None]:
    subprocess.run(["mount", *arguments], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", arguments[-1]], check=True)


def right(laid: Laid, **changed: str | Path) -> PathMapping:
    values = {"plex_prefix": PLEX_PREFIX, "array_root": laid.array, "cache_root": laid.ssd, **changed}
    return PathMapping.objects.create(name="Media", **{name: str(value) for name, value in values.items()})


# ---- detecting -----------------------------------------------------------------------------------------------------


def test_the_libraries_are_found_below_a_directory_and_become_one_mapping(laid: Laid, plex: StandIn) -> None:
    asked = detecting.ask()
    found = detecting.detect(asked.locations or (), [str(laid.storage)], [str(laid.ssd)])
    (proposal,) = found.proposals
    assert (proposal.plex_prefix, proposal.array_root) == (PLEX_PREFIX, str(laid.array))
    assert proposal.cache_root == str(laid.ssd / "media")
    assert found.missing == ()
    assert "5 of 5 files" in proposal.reasons[0]


def test_libraries_under_other_names_are_found_by_looking_through_the_directories(laid: Laid, plex: StandIn) -> None:
    (laid.array / "Movies").rename(laid.storage / "Kino")
    (laid.array / "TV").rename(laid.array / "Serien")
    found = detecting.detect(detecting.ask().locations or (), [str(laid.storage)], [str(laid.ssd)])
    assert {(one.plex_prefix, one.array_root) for one in found.proposals} == {
        (f"{PLEX_PREFIX}/Movies", str(laid.storage / "Kino")),
        (f"{PLEX_PREFIX}/TV", str(laid.array / "Serien")),
    }


def test_a_file_of_another_size_is_not_the_file(laid: Laid, plex: StandIn) -> None:
    for path in laid.array.rglob("*.mkv"):
        path.write_bytes(b"something else")
    found = detecting.detect(detecting.ask().locations or (), [str(laid.storage)], [str(laid.ssd)])
    assert found.proposals == ()
    assert len(found.missing) == 2


@AS_ROOT
def test_what_is_mounted_is_found_without_being_named(laid: Laid, plex: StandIn) -> None:
    ssd = laid.ssd.parent / "mounted-ssd"
    media = laid.ssd.parent / "mounted-media"
    ssd.mkdir()
    media.mkdir()
    with mounted("--bind", laid.storage, media):
        found = detecting.detect(detecting.ask().locations or ())
    assert (PLEX_PREFIX, str(media / "media")) in {(one.plex_prefix, one.array_root) for one in found.proposals}


def test_the_api_proposes_and_stores_nothing(laid: Laid, plex: StandIn, client: Client) -> None:
    asked = {"look_in": [str(laid.storage)], "cache_in": [str(laid.ssd)]}
    data = opened(post(client, "/api/mappings/detect", asked), 200)["data"]
    assert [one["array_root"] for one in data["proposals"]] == [str(laid.array)]
    assert not PathMapping.objects.exists()


def test_without_plex_there_is_nothing_to_be_detected(laid: Laid, plex: StandIn, client: Client) -> None:
    plex.fail("/library/sections", faults.Status(500))
    assert "500" in opened(post(client, "/api/mappings/detect"), 503)["error"]


# ---- mistakes ------------------------------------------------------------------------------------------------------


def swapped_prefixes(laid: Laid) -> PathMapping:
    return right(laid, plex_prefix=laid.array, array_root=PLEX_PREFIX)


def swapped_roots(laid: Laid) -> PathMapping:
    return right(laid, array_root=laid.ssd, cache_root=laid.array)


def containers_path(laid: Laid) -> PathMapping:
    return right(laid, array_root=PLEX_PREFIX)


def missing_array(laid: Laid) -> PathMapping:
    return right(laid, array_root="/mnt/not mounted here/media")


def missing_cache(laid: Laid) -> PathMapping:
    return right(laid, cache_root="/mnt/not mounted here/ssd")


def empty_mount_point(laid: Laid) -> PathMapping:
    (laid.storage / "mnt").mkdir()
    return right(laid, array_root=laid.storage / "mnt")


def wrong_share(laid: Laid) -> PathMapping:
    (laid.storage / "isos/debian").mkdir(parents=True)
    return right(laid, array_root=laid.storage / "isos")


def nested_roots(laid: Laid) -> PathMapping:
    (laid.array / "cache").mkdir()
    return right(laid, cache_root=laid.array / "cache")


def unknown_prefix(laid: Laid) -> PathMapping:
    return right(laid, plex_prefix="/mnt/user/media")


MISTAKES = [
    (swapped_prefixes, "the two are swapped", "the Plex prefix"),
    (swapped_roots, "array and cache are swapped", "the array root"),
    (containers_path, "Plex's own container names it", "Cacherr's container sees it"),
    (missing_array, "is not there", "Mount it"),
    (missing_cache, "is not there", "Mount it"),
    (empty_mount_point, "is empty", "Mount the disk"),
    (wrong_share, "is not at", "Correct the array root"),
    (nested_roots, "inside each other", "two separate directories"),
    (unknown_prefix, "No library of Plex lies below", f"{PLEX_PREFIX}/Movies"),
]
NAMES = [make.__name__ for make, *_ in MISTAKES]


@pytest.mark.parametrize(("make", "message", "cure"), MISTAKES, ids=NAMES)
def test_a_mistake_is_found_by_doctor_proof_and_api_with_one_sentence_and_nothing_is_touched(  # noqa: PLR0917
    laid: Laid, plex: StandIn, client: Client, make: Callable[[Laid], PathMapping], message: str, cure: str
) -> None:
    mapping = make(laid)
    before = tree(laid.storage), tree(laid.ssd)
    found = [one for one in doctor.examine() if one.check == "mapping" and one.level == "error"]
    assert message in found[0].message
    assert cure in found[0].cure
    with pytest.raises(CacherrError, match=message):
        detecting.prove(mapping)
    answer = post(client, f"/api/mappings/{mapping.pk}/prove")
    assert message in opened(answer, answer.status_code)["error"]
    assert answer.status_code in {422, 503}
    assert (tree(laid.storage), tree(laid.ssd)) == before


@AS_ROOT
@pytest.mark.parametrize("side", ["array", "ssd"])
def test_a_mount_that_is_read_only_is_found(laid: Laid, plex: StandIn, side: str) -> None:
    mapping = right(laid)
    path = laid.array if side == "array" else laid.ssd
    with mounted("--bind", path, path):
        subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
        (found,) = [one for one in doctor.examine() if one.check == "mapping" and one.level == "error"]
        assert (str(path) in found.message, "read-only" in found.message) == (True, True)
        with pytest.raises(CacherrError, match="read-only"):
            detecting.prove(mapping)


@AS_ROOT
def test_a_cache_that_is_a_mount_of_a_place_inside_the_array_is_found(laid: Laid, plex: StandIn) -> None:
    (laid.array / "fast").mkdir()
    mapping = right(laid)
    with mounted("--bind", laid.array / "fast", laid.ssd), pytest.raises(CacherrError, match="mounts of one place"):
        detecting.prove(mapping)


@AS_ROOT
def test_a_cache_on_a_storage_of_its_own_is_proved_without_a_note(laid: Laid, plex: StandIn) -> None:
    mapping = right(laid)
    with mounted("-t", "tmpfs", "-o", "size=4m", "tmpfs", laid.ssd):
        assert detecting.prove(mapping).notes == ()


def test_a_cache_on_the_arrays_file_system_is_proved_with_a_note_that_does_not_count(
    laid: Laid, plex: StandIn, client: Client
) -> None:
    mapping = right(laid)
    data = opened(post(client, f"/api/mappings/{mapping.pk}/prove"), 200)["data"]
    assert [(one["kind"], one["level"]) for one in data["findings"]] == [("same file system", "note")]
    assert data["mapping"]["proved"]
    found = doctor.examine()
    assert [one.level for one in found if one.check == "mapping"] == ["note"]
    assert doctor.worst(found) == 0


def test_a_proof_without_plex_says_what_it_does_not_know(laid: Laid, plex: StandIn) -> None:
    mapping = right(laid)
    plex.fail("/", faults.Status(500))
    proved = detecting.prove(mapping)
    assert [note.kind for note in proved.notes if note.level == "warning"] == ["Plex not asked"]


@pytest.mark.parametrize("sees", [True, False])
def test_a_link_is_only_proved_when_plex_sees_where_it_leads(laid: Laid, plex: StandIn, sees: bool) -> None:
    laid.household.browse = lambda path: os.listdir(path) if sees or path != str(laid.ssd.parent) else ["elsewhere"]
    mapping = right(laid, placement="symlink")
    if sees:
        assert detecting.prove(mapping).mapping.proved_placement == "symlink"
        return
    with pytest.raises(CacherrError, match="Plex does not see") as refused:
        detecting.prove(mapping)
    assert f"the very same path {laid.ssd}" in refused.value.cure
    assert tree(laid.ssd) == {}


# ---- the rows ------------------------------------------------------------------------------------------------------


def test_a_mapping_is_kept_changed_and_removed_by_the_api(laid: Laid, client: Client) -> None:
    new = {"name": "M", "plex_prefix": "/a/", "array_root": str(laid.array), "cache_root": str(laid.ssd)}
    made = opened(post(client, "/api/mappings", new), 201)["data"]
    assert (made["plex_prefix"], made["proved"], made["origin"]) == ("/a", False, "admin")
    address = f"/api/mappings/{made['id']}"
    changed = opened(client.put(address, {"enabled": False}, "application/json", headers=KEY), 200)["data"]
    assert changed == made | {"enabled": False}
    assert opened(client.get("/api/mappings", headers=KEY), 200)["data"]["items"] == [changed]
    opened(client.delete(address, headers=KEY), 200)
    opened(client.get(address, headers=KEY), 404)


def test_a_mapping_that_cannot_be_is_refused_with_a_sentence(laid: Laid, client: Client) -> None:
    new = {"name": "M", "plex_prefix": "/a", "array_root": str(laid.array), "cache_root": str(laid.array / "x")}
    assert "inside each other" in opened(post(client, "/api/mappings", new), 422)["error"]


@pytest.mark.parametrize("below", ["", "below"])
def test_two_enabled_mappings_may_not_share_a_cache(
    laid: Laid, client: Client, admin_client: Client, below: str
) -> None:
    opened(post(client, "/api/mappings", {"name": "One", **roots(laid, "/a")}), 201)
    second = {"name": "Two", **roots(laid, "/b"), "cache_root": str(laid.ssd / below), "array_root": "/mnt/other"}
    refused = opened(post(client, "/api/mappings", second), 422)["error"]
    assert "is that of the path mapping One" in refused
    assert "a cache directory of its own" in refused
    form = second | {"placement": "auto", "mode": "copy", "enabled": "on"}
    assert b"is that of the path mapping One" in admin_client.post("/admin/caching/pathmapping/add/", form).content
    made = opened(post(client, "/api/mappings", second | {"enabled": False}), 201)["data"]
    address = f"/api/mappings/{made['id']}"
    opened(client.put(address, {"enabled": True}, "application/json", headers=KEY), 422)
    opened(client.put(address, {"enabled": False, "name": "Other"}, "application/json", headers=KEY), 200)


def roots(laid: Laid, prefix: str) -> dict[str, str]:
    return {"plex_prefix": prefix, "array_root": str(laid.array), "cache_root": str(laid.ssd)}


@pytest.mark.parametrize("path", ["relative", "/nul\0", "/" + "x" * 5000, "", "/no/such/place"])
def test_odd_paths_are_answered_with_a_sentence(laid: Laid, plex: StandIn, client: Client, path: str) -> None:
    answer = post(client, "/api/mappings/detect", {"look_in": [path], "cache_in": [path]})
    opened(answer, answer.status_code)
    new = {"name": "M", "plex_prefix": path, "array_root": path, "cache_root": "/cache"}
    assert answer.status_code in {200, 422}
    answer = post(client, "/api/mappings", new)
    assert answer.status_code == (201 if path == "/no/such/place" else 422)
    opened(answer, answer.status_code)


def test_a_mapping_of_the_environment_is_changed_there(laid: Laid, client: Client, settings: Settings) -> None:
    settings.OLDER_MAPPING = {"plex": "/data", "array": "/array", "cache": "/cache"}
    (row,) = opened(client.get("/api/mappings", headers=KEY), 200)["data"]["items"]
    address = f"/api/mappings/{row['id']}"
    for answer in (
        client.put(address, {"name": "x"}, "application/json", headers=KEY), client.delete(address, headers=KEY),
    ):  # fmt: skip
        assert "environment" in opened(answer, 409)["error"]


def test_a_new_disk_at_an_old_path_is_taken_on_by_the_api_and_told(laid: Laid, plex: StandIn, client: Client) -> None:
    mapping = right(laid, placement="union")
    detecting.prove(mapping)
    put_new_disk(laid.ssd)
    answer = opened(post(client, f"/api/mappings/{mapping.pk}/prove", {}), 200)
    assert "exchanged disk" in [one["kind"] for one in answer["data"]["findings"]]
    assert (laid.ssd / ".cacherr-root").exists()
    again = opened(post(client, f"/api/mappings/{mapping.pk}/prove", {}), 200)
    assert "exchanged disk" not in [one["kind"] for one in again["data"]["findings"]]


def test_an_empty_mount_point_is_not_taken_for_a_new_array(laid: Laid, plex: StandIn, client: Client) -> None:
    mapping = right(laid, placement="union")
    detecting.prove(mapping)
    put_new_disk(laid.array)
    assert "is not at" in opened(post(client, f"/api/mappings/{mapping.pk}/prove", {}), 422)["error"]
    assert list(laid.array.iterdir()) == []


def test_the_api_says_what_has_to_be_done_before_a_new_disk_is_taken_on(
    laid: Laid, plex: StandIn, client: Client
) -> None:
    mapping = right(laid, placement="union")
    ground = Ground(laid.storage, detecting.prove(mapping).mapping)
    film = b"Movies/Alpha/Alpha.mkv"
    assert ground.carry_out(ground.plan_caching(film, len(b"Alpha") * 1000)).state == "done"
    CachedFile.objects.update(park_originals=True)
    put_new_disk(laid.ssd)
    assert "cacherr rescue" in opened(post(client, f"/api/mappings/{mapping.pk}/prove", {}), 409)["error"]
    assert list(laid.ssd.iterdir()) == []


# ---- the admin -----------------------------------------------------------------------------------------------------


def test_the_button_of_a_mappings_page_proves_it_or_says_what_is_wrong(
    laid: Laid, plex: StandIn, admin_client: Client
) -> None:
    mapping = right(laid)
    page = f"/admin/caching/pathmapping/{mapping.pk}/change/"
    button = f"/admin/caching/pathmapping/{mapping.pk}/prove/"
    assert button in admin_client.get(page).content.decode()
    assert "Media: symlink" in admin_client.post(button, follow=True).content.decode()
    PathMapping.objects.filter(pk=mapping.pk).update(array_root=str(laid.storage))
    assert "is not at" in admin_client.post(button, follow=True).content.decode()
    assert admin_client.get(button).status_code == 405


def test_the_list_of_mappings_leads_to_detection(laid: Laid, admin_client: Client) -> None:
    assert 'href="/setup/mappings/"' in admin_client.get("/admin/caching/pathmapping/").content.decode()
