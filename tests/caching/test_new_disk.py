"""Another, empty disk at the path of a known root: a person's word makes it the new one, once nothing needs the old."""

from pathlib import Path
from typing import Any

import pytest

from cacherr.errors import CacherrError, ConfigurationError, RefusedError, StorageAbsentError
from caching import auditing, disk, journal, proving, rescue, upkeep
from caching.management.commands import status
from caching.models import CachedFile, Operation, PathMapping, Root, State
from tests.caching.ground import CONTENT, Ground, make_ground, make_ground_beside, put_new_disk
from tests.conftest import tree

pytestmark = pytest.mark.django_db


def put_back(root: Path, drawer: Path) -> None:
    root.rename(root.with_name("another"))
    drawer.rename(root)


def write_off() -> None:
    """The owner gives the cache disk up for good."""
    PathMapping.objects.update(enabled=False)
    rescue.rescue()
    PathMapping.objects.update(enabled=True)


def proved_anew(ground: Ground) -> PathMapping:
    ground.mapping = proving.prove(PathMapping.objects.select_related("array", "cache").get(name="test"), anew=True)
    return ground.mapping


def refusal(ground: Ground) -> CacherrError:
    """Proving is refused, and nothing is written, on disks or in rows."""
    before, rows = tree(ground.directory), list(Root.objects.order_by("pk").values())
    with pytest.raises(RefusedError) as refused:
        proved_anew(ground)
    assert tree(ground.directory) == before
    assert list(Root.objects.order_by("pk").values()) == rows
    return refused.value


@pytest.mark.parametrize("exchanged", [("cache",), ("array",), ("array", "cache")], ids="-and-".join)
def test_a_new_disk_is_taken_on_when_a_person_proves_it_and_works(ground: Ground, exchanged: tuple[str, ...]) -> None:
    before = {root.kind: root.pk for root in Root.objects.all()}
    for name in exchanged:
        put_new_disk(ground.directory / name)
    mapping = proved_anew(ground)
    assert mapping.is_proved
    now = {"array": mapping.array_id, "cache": mapping.cache_id}
    assert {kind for kind, pk in before.items() if now[kind] != pk} == set(exchanged)
    ground.cached()
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.plex_sees() == CONTENT


def test_nothing_but_a_persons_word_takes_a_new_disk_on(links: Ground) -> None:
    put_new_disk(links.cache)
    mapping = PathMapping.objects.select_related("array", "cache").get()
    with pytest.raises(StorageAbsentError, match="lost its marker"):
        proving.prove(mapping)
    assert list(links.cache.iterdir()) == []


def test_a_path_that_is_not_there_is_no_new_disk(links: Ground) -> None:
    links.cache.rename(links.directory / "away")
    with pytest.raises(StorageAbsentError):
        proved_anew(links)


def test_a_disk_that_is_what_it_was_keeps_everything(links: Ground) -> None:
    links.cached()
    before, rows = tree(links.directory), list(Root.objects.order_by("pk").values("pk", "path"))
    assert proved_anew(links).is_proved
    assert (tree(links.directory), list(Root.objects.order_by("pk").values("pk", "path"))) == (before, rows)
    assert CachedFile.objects.count() == 1


def test_originals_that_are_still_parked_have_to_be_rescued_first(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    put_new_disk(ground.cache)
    assert "rescue" in refusal(ground).cure
    assert not rescue.rescue().failed
    assert proved_anew(ground).is_proved
    assert not CachedFile.objects.exists()
    assert ground.on_array().read_bytes() == CONTENT
    assert auditing.examine().findings == ()
    ground.carry_out(ground.plan_caching())
    assert ground.plex_sees() == CONTENT


def test_files_that_were_moved_to_the_old_disk_are_lost_only_when_the_owner_says_so(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "move")
    ground.cached()
    put_new_disk(ground.cache)
    rescue.rescue()
    assert "restore them" in refusal(ground).cure
    write_off()
    assert proved_anew(ground).is_proved
    assert "no other copy" in CachedFile.objects.get().conflict


def test_what_was_lost_comes_back_when_its_disk_does(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "move")
    ground.cached()
    drawer = put_new_disk(ground.cache)
    write_off()
    proved_anew(ground)
    put_back(ground.cache, drawer)
    assert proved_anew(ground).is_proved
    assert ground.carry_out(ground.plan_restore("command")).state == "done"
    assert ground.on_array().read_bytes() == CONTENT


def test_originals_behind_a_union_need_no_rescue(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union")
    ground.cached()
    put_new_disk(ground.cache)
    assert proved_anew(ground).is_proved
    assert not CachedFile.objects.exists()
    assert ground.plex_sees() == CONTENT


def test_what_was_cached_on_the_old_disk_is_found_again_when_it_comes_back(ground: Ground) -> None:
    ground.cached()
    drawer = put_new_disk(ground.cache)
    write_off()
    proved_anew(ground)
    put_back(ground.cache, drawer)
    proved_anew(ground)
    upkeep.recover(rebuild_rows=True)
    assert ground.carry_out(ground.plan_restore("command")).state == "done"
    assert ground.on_array().read_bytes() == CONTENT
    assert not ground.on_cache().exists()
    assert ground.private_names() == []


def unfinished(ground: Ground, **fields: Any) -> Operation:
    """An operation as it was when the disk died."""
    ground.write()
    operation = ground.plan_caching()
    journal.claim(operation)
    Operation.objects.update(**fields)
    return operation


@pytest.mark.parametrize("state", [State.PLANNED, State.VERIFIED])
def test_a_copy_that_was_in_the_making_on_the_old_disk_ends_with_it(links: Ground, state: State) -> None:
    operation = unfinished(links, state=state)
    put_new_disk(links.cache)
    assert proved_anew(links).is_proved
    operation.refresh_from_db()
    assert (operation.state, operation.outcome) == ("aborted", "Its cache disk is gone for good.")


def test_an_operation_that_has_taken_the_originals_name_has_to_be_rescued_first(links: Ground) -> None:
    unfinished(links, state=State.PUBLISHED)
    put_new_disk(links.cache)
    assert "rescue" in refusal(links).cure


def test_a_new_array_is_refused_while_files_are_cached_from_the_old_one(ground: Ground) -> None:
    ground.cached()
    drawer = put_new_disk(ground.array)
    assert "restore them first" in refusal(ground).cure
    put_back(ground.array, drawer)
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.plex_sees() == CONTENT


def test_a_new_array_is_refused_while_an_operation_on_the_old_one_is_half_done(links: Ground) -> None:
    operation = unfinished(links, state=State.VERIFIED)
    put_new_disk(links.array)
    assert "recover" in refusal(links).cure
    Operation.objects.update(state=State.PLANNED)
    assert proved_anew(links).is_proved
    operation.refresh_from_db()
    assert operation.state == "aborted"


def test_a_disk_that_is_known_elsewhere_is_not_taken_for_a_new_one(links: Ground) -> None:
    beside = make_ground_beside(links)
    put_new_disk(links.cache)
    marker = disk.MARKER.decode()
    (links.cache / marker).write_bytes((beside.cache / marker).read_bytes())
    with pytest.raises(ConfigurationError, match="a copy of it"):
        proved_anew(links)
    assert PathMapping.objects.get(name="second").is_proved


@pytest.mark.parametrize("away", [False, True])
def test_the_arrays_disk_is_no_new_cache(links: Ground, away: bool) -> None:
    put_new_disk(links.cache)
    marker = disk.MARKER.decode()
    (links.cache / marker).write_bytes((links.array / marker).read_bytes())
    if away:
        put_new_disk(links.array)
    with pytest.raises(ConfigurationError):
        proved_anew(links)
    assert Root.objects.get(pk=links.mapping.array_id).kind == "array"


def test_a_disk_with_the_marker_of_another_installation_is_taken_on_with_it(links: Ground) -> None:
    put_new_disk(links.cache)
    (links.cache / disk.MARKER.decode()).write_text('{"id": "0123456789abcdef0123456789abcdef"}')
    assert proved_anew(links).cache_id == "0123456789abcdef0123456789abcdef"


def test_a_second_mapping_on_the_same_array_is_proved_by_itself_afterwards(links: Ground, tmp_path: Path) -> None:
    (tmp_path / "cache2").mkdir()
    second = PathMapping.objects.create(
        name="second", plex_prefix="/second", array_root=str(links.array), cache_root=str(tmp_path / "cache2")
    )
    proving.prove(second)
    put_new_disk(links.array)
    proved_anew(links)
    again = proving.prove(PathMapping.objects.select_related("array", "cache").get(name="second"))
    assert again.array_id == links.mapping.array_id


def test_no_path_of_a_retired_root_can_be_opened(links: Ground) -> None:
    old = Root.objects.get(kind="cache")
    put_new_disk(links.cache)
    proved_anew(links)
    old.refresh_from_db()
    assert old.is_retired
    assert not rescue.is_present(old)
    assert old not in rescue.caches_in_use()
    assert rescue.watch() is None
    report = status.Command().perform()[0]
    assert [root["path"] for root in report["roots"]] == [str(links.array), str(links.cache)]
