"""The audit on real files: what it finds, what it leaves alone, and what a repair dares."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from caching import auditing, exclusions, proving
from caching.auditing import Audited, Kind, Repaired
from caching.models import CachedFile, CachePolicy, Operation, PathMapping, Root
from caching.orders import DryRunError
from tests.caching.ground import CONTENT, FILM, Ground, make_ground, parked_of
from tests.conftest import tree

pytestmark = pytest.mark.django_db

COMBINATIONS = {
    "links": ("symlink", "copy", False),
    "moved links": ("symlink", "move", False),
    "shadow": ("union", "copy", False),
    "parked": ("union", "copy", True),
    "moved": ("union", "move", False),
}
UPGRADE = b"an upgrade"


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")


def ground_of(name: str, directory: Path) -> Ground:
    placement, mode, park = COMBINATIONS[name]
    ground = make_ground(directory, placement, mode, park=park)
    ground.cached()
    exclusions.write()
    return ground


@pytest.fixture(params=COMBINATIONS)
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    return ground_of(request.param, tmp_path)


@pytest.fixture
def links(tmp_path: Path) -> Ground:
    return ground_of("links", tmp_path)


def quietly(_file: CachedFile, _done: int) -> None:
    """Nobody watches."""


def kinds(audited: Audited) -> list[str]:
    return [one.kind.value for one in audited.findings]


def repaired(*, verified: bool = False) -> Repaired:
    return auditing.repair(verified=verified, watch=quietly)


def replace(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(UPGRADE)


def test_a_sound_installation_has_no_findings_and_the_audit_changes_nothing(ground: Ground) -> None:
    before = tree(ground.directory)
    assert auditing.examine(verified=True) == Audited((), 1, 1)
    assert auditing.examine() == Audited((), 1, 0)
    assert tree(ground.directory) == before


@dataclass(frozen=True)
class Case:
    """What happened, what is found, and whether a repair dares to solve it."""

    combination: str
    happens: Callable[[Ground], object]
    kind: str
    solved: bool
    seen: bytes | None = CONTENT
    """What the name shows after the repair; None when nobody can tell."""


def lose_copy(ground: Ground) -> None:
    ground.on_cache().unlink()


def lose_name(ground: Ground) -> None:
    ground.on_array().unlink()


def lose_parked(ground: Ground) -> None:
    parked_of(ground).unlink()


def replace_copy(ground: Ground) -> None:
    replace(ground.on_cache())


def replace_name(ground: Ground) -> None:
    replace(ground.on_array())


def make_directory_of_copy(ground: Ground) -> None:
    lose_copy(ground)
    ground.on_cache().mkdir()


def hide_directory(ground: Ground) -> None:
    ground.on_array().parent.rename(ground.array / "elsewhere")
    ground.on_array().parent.symlink_to(ground.array / "elsewhere")


CASES = [
    Case("links", lose_copy, "missing", solved=True),
    Case("links", replace_copy, "changed", solved=True, seen=UPGRADE),
    Case("links", lose_name, "changed", solved=False, seen=None),
    Case("links", replace_name, "changed", solved=True, seen=UPGRADE),
    Case("links", lose_parked, "changed", solved=True),
    Case("links", make_directory_of_copy, "changed", solved=False, seen=None),
    Case("links", hide_directory, "unreadable", solved=False, seen=None),
    Case("moved links", lose_copy, "missing", solved=False, seen=None),
    Case("moved links", replace_copy, "changed", solved=True, seen=UPGRADE),
    Case("shadow", lose_copy, "reappeared", solved=False),
    Case("shadow", replace_copy, "changed", solved=True, seen=UPGRADE),
    Case("shadow", lose_name, "changed", solved=False),
    Case("shadow", replace_name, "changed", solved=True, seen=UPGRADE),
    Case("parked", lose_copy, "missing", solved=False, seen=None),
    Case("parked", replace_copy, "changed", solved=True, seen=UPGRADE),
    Case("parked", lose_parked, "changed", solved=True),
    Case("moved", replace_copy, "changed", solved=True, seen=UPGRADE),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.combination}: {case.happens.__name__}")
def test_what_happened_to_a_file_is_found_and_repaired_where_it_is_certain(tmp_path: Path, case: Case) -> None:
    ground = ground_of(case.combination, tmp_path)
    case.happens(ground)
    before = tree(ground.directory)
    found = auditing.examine()
    (finding,) = [one for one in found.findings if one.kind is not Kind.FOREIGN]
    assert (finding.kind, finding.repairable) == (case.kind, case.solved)
    assert finding.message
    assert finding.cure
    assert tree(ground.directory) == before
    done = repaired()
    assert (done.audited.left == ()) is case.solved
    if case.solved:
        assert [row.state for row in done.operations] == ["done"]
        assert [row.trigger for row in done.operations] == ["audit"]
        assert auditing.examine().left == ()
        assert ground.private_names() == []
    else:
        assert tree(ground.directory) == before
    if case.seen is not None:
        assert ground.plex_sees() == case.seen


def test_a_file_that_was_deleted_everywhere_loses_its_row_by_a_repair(tmp_path: Path) -> None:
    ground = ground_of("moved", tmp_path)
    lose_copy(ground)
    assert kinds(auditing.examine()) == ["missing"]
    assert repaired().audited.left == ()
    assert not CachedFile.objects.exists()


def test_a_conflict_is_told_and_left_to_a_person(links: Ground) -> None:
    CachedFile.objects.update(conflict="Both versions are kept.")
    (finding,) = repaired().audited.left
    assert (finding.kind, finding.message) == ("conflict", "Both versions are kept.")
    assert CachedFile.objects.exists()


# ---- private names -------------------------------------------------------------------------------------------------


def put(path: Path, content: bytes = b"x") -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("role", ["tmp", "orig", "rm"])
@pytest.mark.parametrize("side", ["array", "cache"])
def test_a_private_name_that_no_row_knows_is_never_touched(links: Ground, role: str, side: str) -> None:
    directory = (links.on_array() if side == "array" else links.on_cache()).parent
    stray = put(directory / f".cacherr.0123456789ab.{role}")
    (finding,) = repaired().audited.left
    assert (finding.kind, finding.paths) == ("orphan", (os.fsencode(stray),))
    assert "recover --rebuild" in finding.cure
    assert stray.exists()


def test_a_temporary_of_an_operation_that_is_over_is_removed_by_a_repair(links: Ground) -> None:
    operation = Operation.objects.get()
    stray = put(links.on_cache().with_name(f".cacherr.{operation.token}.tmp"))
    (finding,) = auditing.examine().findings
    assert (finding.kind, finding.repairable) == ("stale", True)
    assert stray.exists()
    assert repaired().audited.left == ()
    assert not stray.exists()


@pytest.mark.parametrize(
    ("state", "role"), [("conflict", "tmp"), ("done", "rm"), ("aborted", "rm"), ("conflict", "rm")]
)
def test_a_private_name_that_may_hold_somebody_elses_bytes_stays(links: Ground, state: str, role: str) -> None:
    operation = Operation.objects.get()
    stray = put(links.on_cache().with_name(f".cacherr.{operation.token}.{role}"), b"the only copy of something")
    Operation.objects.update(state=state)
    (finding,) = repaired().audited.left
    assert finding.kind == "orphan"
    assert stray.read_bytes() == b"the only copy of something"


def test_a_parked_original_without_an_owner_says_whose_it_is(links: Ground) -> None:
    CachedFile.objects.all().delete()
    parked = parked_of(links)
    found = [one for one in repaired().audited.findings if one.kind is Kind.PARKED]
    assert [one.paths for one in found] == [(os.fsencode(parked),)]
    assert str(links.on_array()) in found[0].message
    assert parked.read_bytes() == CONTENT


def test_an_operation_at_work_is_no_finding(links: Ground) -> None:
    lose_copy(links)
    file = CachedFile.objects.get()
    put(links.on_cache().with_name(f".cacherr.{Operation.objects.get().token}.tmp"))
    Operation.objects.update(state="verified")
    assert auditing.examine().findings == ()
    assert file.pk


def test_another_file_in_a_cache_of_links_is_only_told(links: Ground) -> None:
    other = put(links.cache / "download.mkv")
    found = repaired().audited
    assert [(one.kind, one.severity, one.paths) for one in found.findings] == [
        ("foreign", "info", (os.fsencode(other),))
    ]
    assert found.left == ()
    assert other.exists()


def test_after_a_cache_was_widened_to_its_parent_our_own_files_are_no_strangers(links: Ground) -> None:
    mapping = PathMapping.objects.get()
    mapping.cache_root = str(links.cache.parent)
    array = links.array.rename(links.array.parent.parent / "array-elsewhere")
    Root.objects.filter(kind="array").update(path=str(array))
    mapping.array_root = str(array)
    mapping.save()
    proving.prove(mapping)
    assert "foreign" not in kinds(auditing.examine())


def test_other_files_on_the_cache_of_a_union_are_its_own_business(tmp_path: Path) -> None:
    ground = ground_of("shadow", tmp_path)
    put(ground.cache / "download.mkv")
    assert auditing.examine().findings == ()


def test_of_a_disk_that_is_gone_nothing_is_concluded(ground: Ground) -> None:
    (ground.cache / ".cacherr-root").rename(ground.directory / "marker")
    found = auditing.examine(verified=True)
    assert set(kinds(found)) <= {"absent", "mover"}
    assert "absent" in kinds(found)
    before = tree(ground.directory)
    repaired(verified=True)
    assert tree(ground.directory) == before
    assert CachedFile.objects.exists()


# ---- the mover's list ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("combination", "matters"), [("parked", True), ("moved", True), ("shadow", False), ("links", False)]
)
def test_what_the_mover_would_take_away_has_to_be_on_its_list(tmp_path: Path, combination: str, matters: bool) -> None:
    ground = ground_of(combination, tmp_path)
    assert exclusions.path().read_bytes() == os.fsencode(ground.on_cache()) + b"\n"
    exclusions.path().unlink()
    assert kinds(auditing.examine()) == (["mover"] if matters else [])
    assert repaired().audited.left == ()
    assert exclusions.path().exists()


def test_a_row_of_an_earlier_version_whose_original_is_parked_is_on_the_list_too(tmp_path: Path) -> None:
    ground = ground_of("parked", tmp_path)
    CachedFile.objects.update(park_originals=False)
    exclusions.path().unlink()
    assert kinds(auditing.examine()) == ["mover"]
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.private_names() == []


def test_the_list_names_the_cache_as_the_host_sees_it(tmp_path: Path) -> None:
    ground = ground_of("parked", tmp_path)
    ground.mapping.host_cache_root = "/mnt/cache/media"
    ground.mapping.save()
    assert kinds(auditing.examine()) == ["mover"]
    assert exclusions.write() is True
    assert exclusions.path().read_bytes() == b"/mnt/cache/media/" + FILM + b"\n"
    assert exclusions.write() is False


def test_a_name_with_a_line_break_never_reaches_the_list_and_is_a_finding(tmp_path: Path) -> None:
    ground = ground_of("parked", tmp_path)
    ground.cached(b"Films/line\n/mnt/important.mkv")
    exclusions.write()
    assert b"important" not in exclusions.path().read_bytes()
    (finding,) = auditing.examine().findings
    assert (finding.kind, finding.repairable) == ("mover", False)


def test_while_dry_run_is_on_a_repair_is_refused(links: Ground) -> None:
    lose_copy(links)
    CachePolicy.objects.update(dry_run=True)
    with pytest.raises(DryRunError):
        repaired()
    assert CachedFile.objects.exists()
