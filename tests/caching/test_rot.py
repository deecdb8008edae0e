"""Bit rot: found by reading, remembered, told until it is mended, and never a reason to lose the better version."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from caching import auditing, disk, journal, rescue, upkeep
from caching import damage as damaged
from caching.auditing import rot
from caching.bench import Bench, bench
from caching.models import CachedFile, Operation
from caching.playing import NOBODY
from caching.returning_steps import swap
from tests.caching.ground import CONTENT, Ground, damage, parked_of, put_new_disk
from tests.caching.test_audit import configuration, ground_of, kinds, repaired
from tests.caching.test_exchanged_disks import exchange_disk
from tests.caching.test_renamed import verify_quietly

__all__ = ["configuration"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def links(tmp_path: Path) -> Ground:
    """With a film cached by a link."""
    return ground_of("links", tmp_path)


def keys(audited: auditing.Audited) -> list[str]:
    return [one.key for one in audited.findings]


def files_of(ground: Ground) -> dict[str, bytes]:
    """The content of everything but the manifests, which note what was found."""
    paths = (path for path in ground.directory.rglob("*") if path.is_file() and path.name != ".cacherr-manifest")
    return {str(path): path.read_bytes() for path in paths}


def test_a_damaged_copy_is_found_by_reading_only_and_the_good_original_comes_back(links: Ground) -> None:
    damage(links.on_cache())
    assert auditing.examine().findings == ()
    (finding,) = auditing.examine(verified=True).findings
    assert (finding.kind, finding.paths) == ("rot", (os.fsencode(links.on_cache()),))
    assert finding.message == "The cached copy is damaged; the original is good."
    assert keys(auditing.examine()) == keys(auditing.examine(verified=True)) == [finding.key], "until it is mended"
    assert repaired(verified=True).audited.left == ()
    assert links.on_array().read_bytes() == CONTENT


def test_a_damaged_original_is_made_again_from_its_good_copy(links: Ground) -> None:
    damage(parked_of(links))
    (finding,) = auditing.examine(verified=True).findings
    assert finding.message == "The original is damaged; the cached copy is good."
    assert repaired(verified=True).audited.left == ()
    assert links.on_array().read_bytes() == CONTENT
    assert not links.on_array().is_symlink()
    assert links.private_names() == []


@pytest.mark.parametrize("ordered", ["before it was read", "afterwards"])
@pytest.mark.parametrize("combination", ["links", "shadow", "parked"])
def test_an_original_found_damaged_is_made_again_by_any_return(tmp_path: Path, combination: str, ordered: str) -> None:
    ground = ground_of(combination, tmp_path)
    damage(ground.on_array() if combination == "shadow" else parked_of(ground))
    operation = ground.plan_restore() if ordered == "before it was read" else None
    auditing.examine(verified=True)
    ground.carry_out(operation or ground.plan_restore())
    assert ground.on_array().read_bytes() == CONTENT
    assert not ground.on_cache().exists()
    assert ground.private_names() == []


def test_a_damaged_original_is_told_by_every_audit_until_it_was_mended(links: Ground) -> None:
    damage(parked_of(links))
    (finding,) = auditing.examine(verified=True).findings
    assert keys(auditing.examine()) == keys(auditing.examine(verified=True)) == [finding.key]
    (operation,) = auditing.order_repairs("api", finding.key).operations
    links.carry_out(operation)
    assert links.on_array().read_bytes() == CONTENT
    assert auditing.examine(verified=True).findings == ()


def test_an_original_that_could_only_not_be_read_for_a_while_is_known_as_good_again(links: Ground) -> None:
    content = parked_of(links).read_bytes()
    damage(parked_of(links))
    auditing.examine(verified=True)
    assert CachedFile.objects.get().original_damaged
    status = parked_of(links).stat()
    parked_of(links).write_bytes(content)
    os.utime(parked_of(links), ns=(status.st_atime_ns, status.st_mtime_ns))
    assert auditing.examine(verified=True).findings == ()
    assert not CachedFile.objects.get().original_damaged


@pytest.mark.parametrize("ordered", ["by the audit", "by a person"])
def test_when_both_are_damaged_both_are_kept_until_somebody_has_looked(links: Ground, ordered: str) -> None:
    damage(parked_of(links))
    damage(links.on_cache())
    before = files_of(links)
    found = auditing.examine(verified=True).findings
    assert [one.message for one in found] == [damaged.BOTH]
    assert auditing.examine().findings == found
    assert CachedFile.objects.get().conflict.startswith(damaged.BOTH)
    if ordered == "by the audit":
        assert repaired(verified=True).audited.left == found
    else:
        assert links.carry_out(links.plan_restore("api")).state == "conflict"
    assert files_of(links) == before


def test_one_of_two_damaged_files_is_chosen_by_deleting_the_other(links: Ground) -> None:
    damage(parked_of(links))
    damage(links.on_cache())
    auditing.examine(verified=True)
    chosen = parked_of(links).read_bytes()
    links.on_cache().unlink()
    assert links.carry_out(links.plan_restore("api")).state == "done"
    assert links.on_array().read_bytes() == chosen


@pytest.mark.parametrize("combination", ["links", "moved"])
def test_a_file_that_was_got_again_comes_back_by_a_restore(tmp_path: Path, combination: str) -> None:
    ground = ground_of(combination, tmp_path)
    for path in (ground.on_cache(), *ground.array.rglob(".cacherr.*.orig")):
        damage(path)
    auditing.examine(verified=True)
    assert CachedFile.objects.get().conflict in damaged.HELD
    seen = ground.on_array() if combination == "links" else ground.on_cache()  # what Plex's path leads to
    seen.unlink()
    seen.write_bytes(b"got again")
    assert ground.carry_out(ground.plan_restore("api")).state == "done"
    assert ground.on_array().read_bytes() == b"got again"
    assert not CachedFile.objects.exists()
    assert not ground.on_cache().exists()


@pytest.mark.parametrize("trigger", ["cycle", "api"])
def test_an_only_copy_that_is_damaged_comes_back_only_where_a_person_says_so(tmp_path: Path, trigger: str) -> None:
    ground = ground_of("moved", tmp_path)
    damage(ground.on_cache())
    content = ground.on_cache().read_bytes()
    operation = ground.carry_out(ground.plan_restore(trigger))
    if trigger == "cycle":
        assert (operation.state, operation.outcome) == ("conflict", f"{damaged.ONLY} {damaged.CURE_OF_ONLY}")
        assert ground.on_cache().read_bytes() == content
    else:
        assert operation.state == "done"
        assert ground.on_array().read_bytes() == content


def test_a_copy_that_rotted_as_well_does_not_replace_the_damaged_original(links: Ground) -> None:
    damage(parked_of(links))
    auditing.examine(verified=True)
    damage(links.on_cache())
    before = files_of(links)
    operation = links.carry_out(links.plan_restore("api"))
    assert (operation.state, operation.outcome) == ("conflict", f"{damaged.BOTH} {damaged.CURE_OF_BOTH}")
    assert files_of(links) == before


def test_a_damaged_only_copy_is_told_by_every_audit_and_free_again_once_it_was_read_well(tmp_path: Path) -> None:
    ground = ground_of("moved", tmp_path)
    content, status = ground.on_cache().read_bytes(), ground.on_cache().stat()
    damage(ground.on_cache())
    found = repaired(verified=True).audited.left
    assert [(one.kind, one.message) for one in found] == [("rot", damaged.ONLY)]
    assert [one for one in auditing.examine().findings if one.kind == "rot"] == list(found)
    ground.on_cache().write_bytes(content)
    os.utime(ground.on_cache(), ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "rot" not in kinds(auditing.examine(verified=True))
    assert CachedFile.objects.get().conflict == ""


def test_while_the_array_is_not_there_a_damaged_copy_is_not_taken_for_the_last(links: Ground) -> None:
    damage(links.on_cache())
    array = links.array.rename(links.array.with_name("elsewhere"))
    assert "rot" in kinds(auditing.examine(verified=True))
    assert CachedFile.objects.get().conflict == ""
    array.rename(links.array)
    assert links.carry_out(links.plan_restore()).state == "done"
    assert links.on_array().read_bytes() == CONTENT


def test_an_original_found_damaged_while_the_cache_is_not_there_is_not_put_back_later(links: Ground) -> None:
    damage(parked_of(links))
    cache = links.cache.rename(links.cache.with_name("elsewhere"))
    auditing.examine(verified=True)
    cache.rename(links.cache)
    assert links.carry_out(links.plan_restore()).state == "done"
    assert links.on_array().read_bytes() == CONTENT


@pytest.mark.parametrize("both", [False, True])
def test_when_the_cache_dies_a_damaged_original_is_better_than_none(links: Ground, both: bool) -> None:
    damage(parked_of(links))
    if both:
        damage(links.on_cache())
    auditing.examine(verified=True)
    content = parked_of(links).read_bytes()
    put_new_disk(links.cache)
    upkeep.recover()
    assert rescue.needs_rescue(CachedFile.objects.get().cache)
    rescue.rescue()
    assert links.on_array().read_bytes() == content


def test_reading_can_be_stopped(links: Ground) -> None:
    def stop(_file: CachedFile, _done: int) -> None:
        raise disk.Cancelled

    with pytest.raises(disk.Cancelled):
        auditing.repair(verified=True, watch=stop)
    assert auditing.examine().findings == ()


def test_what_an_audit_finds_while_a_return_is_under_way_is_heeded(links: Ground) -> None:
    exchange_disk(links.cache)  # so that the return reads before it chooses
    damage(parked_of(links))
    row = CachedFile.objects.select_related("array", "cache").get()
    done = links.carry_out(links.plan_restore(), lambda: rot.remember(row, copy=None, original=False))
    assert done.state in {"done", "aborted"}
    if done.state == "aborted":
        assert links.carry_out(links.plan_restore()).state == "done"
    assert links.on_array().read_bytes() == CONTENT


def test_damage_is_not_noted_of_a_file_that_was_cached_afresh_meanwhile(links: Ground) -> None:
    row = CachedFile.objects.select_related("array", "cache").get()
    links.carry_out(links.plan_restore())
    links.carry_out(links.plan_caching())
    rot.remember(row, copy=False, original=False)
    fresh = CachedFile.objects.get()
    assert (fresh.copy_damaged, fresh.original_damaged, fresh.conflict) == (False, False, "")


def test_two_audits_do_not_undo_what_the_other_found(links: Ground) -> None:
    one, other = (CachedFile.objects.select_related("array", "cache").get() for _ in range(2))
    rot.remember(one, copy=False, original=None)
    rot.remember(other, copy=None, original=False)
    row = CachedFile.objects.get()
    assert (row.copy_damaged, row.original_damaged, row.conflict in damaged.HELD) == (True, True, True)


def test_what_a_return_held_is_free_again_once_it_was_read_well(tmp_path: Path) -> None:
    ground = ground_of("moved", tmp_path)
    content, status = ground.on_cache().read_bytes(), ground.on_cache().stat()
    damage(ground.on_cache())
    assert ground.carry_out(ground.plan_restore()).state == "conflict"
    assert "rot" in kinds(auditing.examine())
    ground.on_cache().write_bytes(content)
    os.utime(ground.on_cache(), ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "rot" not in kinds(auditing.examine(verified=True))
    assert CachedFile.objects.get().conflict == ""


@pytest.mark.parametrize(
    ("error", "unplugged", "damaged_then"),
    [
        (errno.EIO, False, True),
        (errno.EBADMSG, False, True),
        (errno.EIO, True, False),
        (errno.EACCES, False, False),
        (errno.EMFILE, False, False),
    ],
)
def test_only_a_disk_that_cannot_read_its_own_file_has_damaged_it(
    links: Ground, error: int, unplugged: bool, damaged_then: bool
) -> None:
    def fail(file: CachedFile, _done: int) -> None:
        """The second to be read is the original."""
        readings.append(file)
        if len(readings) == 2:
            if unplugged:
                links.array.rename(links.array.with_name("unplugged"))
            raise OSError(error, os.strerror(error))

    readings: list[CachedFile] = []
    auditing.examine(verified=True, watch=fail)
    assert len(readings) == 2
    assert CachedFile.objects.get().original_damaged is damaged_then


def stepped(ground: Ground, operation: Operation, *steps: Callable[[Bench], None]) -> None:
    """The first steps of a return, as if the process had died then."""
    with ground.opened() as roots:
        pair = roots[operation.array_id], roots[operation.cache_id]
        for step in steps:
            with bench(operation, *pair, NOBODY) as places:
                step(places)


@pytest.mark.parametrize("combination", ["links", "shadow", "parked"])
def test_damage_that_is_found_after_the_way_was_chosen_stops_it(tmp_path: Path, combination: str) -> None:
    ground = ground_of(combination, tmp_path)
    stepped(ground, ground.plan_restore(), verify_quietly)
    damage(ground.on_array() if combination == "shadow" else parked_of(ground))
    auditing.examine(verified=True)
    assert CachedFile.objects.get().original_damaged
    ground.recover()
    assert ground.on_cache().read_bytes() == CONTENT
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.on_array().read_bytes() == CONTENT


def test_an_original_found_damaged_while_its_copy_waits_to_be_removed_does_not_stay_alone(tmp_path: Path) -> None:
    ground = ground_of("shadow", tmp_path)
    operation = ground.plan_restore()
    stepped(ground, operation, verify_quietly, swap)
    damage(ground.on_array())
    auditing.examine(verified=True)
    ground.recover()
    operation.refresh_from_db()
    assert (operation.state, ground.on_cache().read_bytes()) == ("conflict", CONTENT)
    assert ground.carry_out(ground.plan_restore("api")).state == "done"
    assert ground.on_array().read_bytes() == CONTENT


@pytest.mark.parametrize("combination", ["links", "shadow", "parked"])
def test_damage_that_was_known_before_a_crash_stops_it_after_the_crash_too(tmp_path: Path, combination: str) -> None:
    ground = ground_of(combination, tmp_path)
    operation = ground.plan_restore()
    stepped(ground, operation, verify_quietly)
    damage(ground.on_array() if combination == "shadow" else parked_of(ground))
    auditing.examine(verified=True)
    journal.know_damage(operation)
    ground.recover()
    assert ground.on_cache().read_bytes() == CONTENT


@pytest.mark.parametrize("combination", ["links", "parked"])
def test_a_damaged_original_that_got_its_name_right_before_a_crash_does_not_stay_alone(
    tmp_path: Path, combination: str
) -> None:
    ground = ground_of(combination, tmp_path)
    operation = ground.plan_restore()
    stepped(ground, operation, verify_quietly)
    damage(parked_of(ground))
    auditing.examine(verified=True)
    link, parked = tmp_path / "link", parked_of(ground)
    if combination == "links":
        ground.on_array().rename(link)
    parked.rename(ground.on_array())
    if combination == "links":
        link.rename(parked)
    ground.recover()
    operation.refresh_from_db()
    assert (operation.state, ground.on_cache().read_bytes()) == ("conflict", CONTENT)
    assert ground.carry_out(ground.plan_restore("api")).state == "done"
    assert ground.on_array().read_bytes() == CONTENT


@pytest.mark.parametrize("combination", ["moved", "links"])
def test_a_copy_that_dies_after_it_was_read_back_does_not_take_the_new_original_along(
    tmp_path: Path, combination: str
) -> None:
    ground = ground_of(combination, tmp_path)
    if combination == "links":
        damage(parked_of(ground))
        auditing.examine(verified=True)
    stepped(ground, ground.plan_restore(), verify_quietly)
    damage(ground.on_cache())
    auditing.examine(verified=True)
    ground.recover()
    assert ground.on_array().read_bytes() == CONTENT
