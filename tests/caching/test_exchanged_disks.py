"""Disks that were exchanged: everything was copied along (`cp -a`), so that bytes are the same and inodes are not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from caching import auditing, exclusions, journal, moves, pace, recognising, rescue
from caching.gather import Gatherer
from caching.models import CachedFile, CachePolicy, Operation
from caching.playing import NOBODY
from caching.progress import Progress
from plexusers.standin import StandIn
from tests.caching.ground import CONTENT, FILM, Ground, make_ground
from tests.conftest import Installation, tree
from tests.home import Home

pytestmark = pytest.mark.django_db

OTHER = bytes(reversed(CONTENT))
"""Other bytes, as many of them."""


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")


@pytest.fixture
def ground(ground: Ground) -> Ground:
    ground.cached()
    return ground


@pytest.fixture
def links(links: Ground) -> Ground:
    links.cached()
    return links


@pytest.fixture
def shadow(tmp_path: Path) -> Ground:
    made = make_ground(tmp_path, "union")
    made.cached()
    return made


def exchange_disk(root: Path) -> None:
    """Another disk is mounted where the old one was, with all that was on it."""
    old = root.with_name(f"{root.name}-old")
    root.rename(old)
    shutil.copytree(old, root, symlinks=True)  # with the times, as `cp -a`
    for path in old.rglob("*"):
        if path.is_file() and not path.is_symlink():
            for name in os.listxattr(path):
                os.setxattr(root / path.relative_to(old), name, os.getxattr(path, name))
    shutil.rmtree(old)


def import_in_place(at: Path, content: bytes = OTHER) -> None:
    """A new file takes the name, which by chance has the very size and time of the old one."""
    status = at.stat()
    fresh = at.with_name("import.partial")
    fresh.write_bytes(content)
    os.utime(fresh, ns=(status.st_atime_ns, status.st_mtime_ns))
    fresh.replace(at)


def parked(ground: Ground) -> Path:
    return next(ground.array.rglob(".cacherr.*.orig"))


def print_of(path: Path) -> str:
    status = path.lstat()
    return f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns}"


# ---- what comes back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", ["cycle", "command"])
@pytest.mark.parametrize("exchanged", [("array",), ("cache",), ("array", "cache")], ids="-and-".join)
def test_a_file_comes_back_as_if_its_disk_had_never_been_exchanged(
    ground: Ground, exchanged: tuple[str, ...], trigger: str
) -> None:
    for name in exchanged:
        exchange_disk(ground.directory / name)
    done = ground.carry_out(ground.plan_restore(trigger))
    plain = "copied" if ground.mapping.mode == "move" else "in place" if not done.leaves_name else "back"
    assert (done.state, done.outcome, done.way) == ("done", "", plain)
    assert ground.on_array().read_bytes() == CONTENT
    assert not ground.on_array().is_symlink()
    assert not ground.on_cache().exists()
    assert ground.private_names() == []
    assert not CachedFile.objects.exists()


def test_hard_links_outlive_a_new_cache_disk(shadow: Ground) -> None:
    seed = shadow.array / "seed.mkv"
    os.link(shadow.on_array(), seed)
    exchange_disk(shadow.cache)
    assert shadow.carry_out(shadow.plan_restore()).state == "done"
    assert shadow.on_array().samefile(seed)


def test_a_parked_original_on_a_new_array_disk_is_rescued_when_the_cache_dies(links: Ground) -> None:
    exchange_disk(links.array)
    links.cache.rename(links.directory / "dead")
    links.cache.mkdir()
    done = rescue.rescue()
    assert not done.failed
    assert links.on_array().read_bytes() == CONTENT
    assert not links.on_array().is_symlink()


def test_other_bytes_at_the_parking_place_are_a_conflict_whatever_their_size_and_time(links: Ground) -> None:
    import_in_place(parked(links))
    before = tree(links.directory)
    assert links.carry_out(links.plan_restore()).state == "conflict"
    assert tree(links.directory) == before


def test_an_upgrade_with_the_size_and_time_of_the_old_file_still_wins(ground: Ground) -> None:
    import_in_place(ground.on_cache())
    done = ground.carry_out(ground.plan_restore())
    assert (done.state, done.way) == ("done", "copied")
    assert ground.on_array().read_bytes() == OTHER
    assert ground.private_names() == []


def test_without_a_known_hash_another_inode_is_another_file(links: Ground) -> None:
    CachedFile.objects.update(hash="")
    exchange_disk(links.array)
    assert links.carry_out(links.plan_restore()).state == "conflict"


def test_a_cancel_while_bytes_are_compared_leaves_everything_as_it_was(links: Ground) -> None:
    exchange_disk(links.array)
    before, known = tree(links.directory), CachedFile.objects.get().array_print
    operation = links.plan_restore()

    class Impatient(Progress):
        def copied(self, done: int) -> None:
            Operation.objects.update(cancel_requested=True)
            self.told -= 1.0
            super().copied(done)

    with links.opened() as roots:
        moves.carry_out(operation, roots, Impatient(operation), NOBODY)
    operation.refresh_from_db()
    assert (operation.state, operation.outcome) == ("aborted", "Cancelled; everything is as it was.")
    assert tree(links.directory) == before
    assert CachedFile.objects.get().array_print == known


def test_a_file_that_changes_while_it_is_compared_is_not_taken_for_the_old_one(links: Ground) -> None:
    exchange_disk(links.array)

    def somebody_writes() -> None:
        parked(links).write_bytes(OTHER)

    assert links.carry_out(links.plan_restore(), somebody_writes).state == "conflict"
    assert parked(links).read_bytes() == OTHER


def test_what_was_compared_is_known_although_the_operation_was_cut_short_right_afterwards(links: Ground) -> None:
    exchange_disk(links.array)
    operation = links.plan_restore()
    journal.claim(operation)
    journal.recognise(operation, "source_print", print_of(parked(links)))
    links.recover()
    operation.refresh_from_db()
    assert operation.state == "aborted"
    assert CachedFile.objects.get().array_print == print_of(parked(links))
    assert links.carry_out(links.plan_restore()).state == "done"


def test_the_speed_is_never_below_nothing_when_a_second_file_is_read(links: Ground) -> None:
    operation = links.plan_restore()
    now = [0.0]
    progress = Progress(operation, clock=lambda: now[0])
    for done in (*range(1000, 9000, 1000), 10):
        now[0] += 1.0
        progress.copied(done)
        assert operation.bytes_per_second >= 0


# ---- what a cycle sees on its caches --------------------------------------------------------------------------------


def copies(*, stopped: bool = False, ask: Callable[[], pace.Conditions] = pace.Conditions) -> recognising.Copies:
    return recognising.Copies(NOBODY, lambda: stopped, pace.Pace(ask))


def changes(compare: recognising.Copies | None = None) -> list[str]:
    gatherer = (
        Gatherer([], CachePolicy.effective(), compare.compare) if compare else Gatherer([], CachePolicy.effective())
    )
    return [change.reason for change in gatherer.changes.values()]


def test_a_cycle_recognises_copies_on_a_new_cache_disk_and_leaves_them_alone(ground: Ground) -> None:
    exchange_disk(ground.cache)
    before = tree(ground.directory)
    assert changes(copies()) == []
    assert CachedFile.objects.get().cache_print == print_of(ground.on_cache())
    assert tree(ground.directory) == before


def test_a_preview_concludes_nothing_and_reads_nothing(ground: Ground) -> None:
    exchange_disk(ground.cache)
    known = CachedFile.objects.get().cache_print
    assert changes() == []
    assert CachedFile.objects.get().cache_print == known


def test_a_cycle_notices_an_upgrade_by_its_bytes(ground: Ground) -> None:
    import_in_place(ground.on_cache())
    assert changes(copies()) == ["replaced by another program: the new file wins"]


def test_a_copy_of_another_time_is_upgraded_without_being_read(ground: Ground) -> None:
    ground.on_cache().write_bytes(CONTENT)
    assert changes() == ["replaced by another program: the new file wins"]


@pytest.mark.parametrize("hindrance", ["stopped", "paused", "mover", "late"])
def test_nothing_is_concluded_from_what_was_not_compared_to_its_end(links: Ground, hindrance: str) -> None:
    exchange_disk(links.cache)
    known = CachedFile.objects.get().cache_print
    conditions = pace.Conditions(paused=hindrance == "paused", mover=hindrance == "mover")
    comparing = copies(stopped=hindrance == "stopped", ask=lambda: conditions)
    if hindrance == "late":
        comparing.ends_at = comparing.pace.clock() - 1
    assert changes(comparing) == []
    assert CachedFile.objects.get().cache_print == known


def test_the_limit_of_copies_holds_for_comparing_them(links: Ground) -> None:
    exchange_disk(links.cache)
    slept: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    limited = pace.Pace(lambda: pace.Conditions(limit=len(CONTENT) // 2), clock=lambda: now[0], sleep=sleep)
    comparing = recognising.Copies(NOBODY, lambda: False, limited)
    assert changes(comparing) == []
    assert 1.0 <= sum(slept) <= 2.5


def test_who_waits_for_it_is_told_how_many_of_how_many_files_were_compared(ground: Ground) -> None:
    ground.cached(b"Films/Second.mkv")
    exchange_disk(ground.cache)
    told: list[tuple[int, int]] = []
    now = iter(range(100))  # a second passes whenever somebody looks
    pace_of_seconds = pace.Pace(pace.Conditions, clock=lambda: float(next(now)))
    assert changes(recognising.Copies(NOBODY, lambda: False, pace_of_seconds, lambda *of: told.append(of))) == []
    assert told == [(2, 0), (2, 1)]


def test_a_whole_cycle_keeps_what_is_on_a_new_cache_disk_and_notices_one_upgrade_among_it(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    for title in ("Alpha", "Beta"):
        home.film(title, title[:1].encode() * 50_000)
    assert installation.run("cycle", "--json").report["files_cached"] == 2
    exchange_disk(installation.cache)
    import_in_place(installation.cache / "Movies" / "Beta" / "Beta.mkv", b"x" * 50_000)
    answered = installation.run("cycle", "--json")
    assert answered.code == 0, answered.errors
    assert [(row["operation_type"], row["file_name"]) for row in answered.report["operations"]] == [
        ("restore", "Beta.mkv")
    ]
    assert installation.public_files()["Movies/Beta/Beta.mkv"] == b"x" * 50_000
    assert (installation.array / "Movies" / "Alpha" / "Alpha.mkv").is_symlink()


# ---- the audit ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exchanged", ["array", "cache"])
def test_an_audit_finds_nothing_wrong_and_knows_the_files_again_once_it_has_read_them(
    ground: Ground, exchanged: str
) -> None:
    exchange_disk(ground.directory / exchanged)
    exclusions.write()
    assert auditing.examine().findings == ()
    audited = auditing.examine(verified=True)
    assert (audited.findings, audited.verified) == ((), 1)
    row = CachedFile.objects.get()
    assert row.cache_print == print_of(ground.on_cache())
    originals = [path for path in (ground.on_array(), *ground.array.rglob(".cacherr.*.orig")) if not path.is_symlink()]
    assert [row.array_print for path in originals if path.exists()] == [
        print_of(path) for path in originals if path.exists()
    ]


def test_an_audit_that_reads_tells_other_bytes_of_the_same_size_and_time(ground: Ground) -> None:
    exclusions.write()
    import_in_place(ground.on_cache())
    (found,) = auditing.examine(verified=True).findings
    assert "replaced by another program" in found.message


def test_other_bytes_at_the_parking_place_are_told_by_an_audit_that_reads(links: Ground) -> None:
    import_in_place(parked(links))
    (found,) = auditing.examine(verified=True).findings
    assert "not what was parked" in found.message
    assert CachedFile.objects.get().cache_print == print_of(links.on_cache(FILM))
