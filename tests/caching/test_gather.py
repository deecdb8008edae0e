"""Gathering: what the disks and rows say of wanted videos and of all that is cached, on real files."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from caching import disk, journal, proving
from caching.gather import Gathered, Gatherer
from caching.models import CachedFile, CachePolicy, Kind, Mode, Operation, PathMapping, Root
from caching.planning.plan import make_plan
from caching.planning.values import Action, Decision, FileKey, Plan
from caching.sidecars import Searcher
from plexusers.plex import PlexFile, PlexItem
from plexusers.wants import Answer, SourceName, Want
from tests.caching.ground import CONTENT, Ground, make_ground, make_ground_beside
from tests.conftest import tree

pytestmark = pytest.mark.django_db

FILM = b"Films/A/A.mkv"
SUBTITLE = b"Films/A/A.en.srt"
POSTER = b"Films/A/poster.jpg"
OTHER = b"Films/B/B.mkv"


def wants(*paths: bytes, source: SourceName = "ondeck", size: int = len(CONTENT)) -> Answer:
    """An answer in which Alex wants each file, as an item of its own."""
    items = [
        PlexItem(str(number), "movie", "A", (PlexFile(f"/plex/{os.fsdecode(path)}", size),), 0, None)
        for number, path in enumerate(paths)
    ]
    return Answer(source, "Alex", tuple(Want(item, source, "Alex", "wanted") for item in items))


def gathered(ground: Ground, *answers: Answer) -> Gathered:
    policy = CachePolicy.effective()
    policy.minimum_hold_hours = 0
    return Gatherer([ground.mapping], policy).gather(answers)


def planned(ground: Ground, *answers: Answer) -> Plan:
    return make_plan(gathered(ground, *answers).situation)


def carried_out(ground: Ground, *answers: Answer) -> Plan:
    """Plan, and do all of it."""
    found = gathered(ground, *answers)
    plan = make_plan(found.situation)
    for decision in plan.work:
        assert ground.carry_out(operation(ground, decision, found)).state == "done"
    return plan


def operation(ground: Ground, decision: Decision, found: Gathered) -> Operation:
    assert decision.file
    if decision.action is Action.CACHE:
        path = found.plex_paths[decision.file]
        made = journal.plan_caching(None, decision, found.mappings[decision.file], path)
        assert made
        return made
    return ground.plan_return(CachedFile.objects.select_related("array", "cache").get(path=decision.file.path))


def said(plan: Plan) -> dict[str, str]:
    return {decision.name: decision.action.value for decision in plan.decisions}


def one(plan: Plan, path: bytes) -> Decision:
    return next(decision for decision in plan.decisions if decision.file and decision.file.path == path)


def reasons(plan: Plan) -> str:
    return " ".join(decision.reason for decision in plan.decisions)


# ---- sidecars -------------------------------------------------------------------------------------------------------


def test_sidecars_come_and_leave_with_their_video(ground: Ground) -> None:
    for path in (FILM, SUBTITLE, POSTER, b"Films/A/other.txt"):
        ground.write(path)
    before = {path: ground.plex_sees(path) for path in (FILM, SUBTITLE, POSTER)}
    carried_out(ground, wants(FILM))
    rows = {bytes(row.path): bytes(row.belongs_to) for row in CachedFile.objects.all()}
    assert rows == {FILM: b"", SUBTITLE: FILM, POSTER: b"Films/A/"}
    assert {path: ground.plex_sees(path) for path in before} == before
    assert planned(ground, wants(FILM)).work == ()
    assert set(said(carried_out(ground, wants())).values()) == {"restore"}
    assert not CachedFile.objects.exists()
    assert {path: ground.plex_sees(path) for path in before} == before
    assert not any(path.is_file() for path in ground.cache.rglob("[!.]*"))


def test_a_subtitle_that_arrives_later_joins_its_cached_video(ground: Ground) -> None:
    ground.write(FILM)
    carried_out(ground, wants(FILM))
    ground.write(SUBTITLE)
    decision = one(planned(ground, wants(FILM)), SUBTITLE)
    assert (decision.action, decision.belongs_to, decision.size) == (Action.CACHE, FILM, len(CONTENT))


def test_subtitles_in_a_directory_of_their_own_are_found(links: Ground) -> None:
    for path in (FILM, b"Films/A/SUBS/en.srt", b"Films/A/SUBS/A/2_German.srt", b"Films/A/Extras/A.srt"):
        links.write(path)
    assert set(said(planned(links, wants(FILM)))) == {
        "Films/A/A.mkv", "Films/A/SUBS/en.srt", "Films/A/SUBS/A/2_German.srt",
    }  # fmt: skip


def test_a_video_that_is_cached_still_keeps_the_subtitles_of_its_own_name_from_another(ground: Ground) -> None:
    """`A.x.mkv` is a link, or not there at all, once it is cached: its name counts all the same."""
    longer, subtitle = b"Films/A/A.x.mkv", b"Films/A/A.x.srt"
    for path in (FILM, longer):
        ground.write(path)
    carried_out(ground, wants(longer))
    ground.write(subtitle)
    assert "Films/A/A.x.srt" not in said(planned(ground, wants(FILM)))


def test_what_is_no_plain_file_is_no_sidecar(links: Ground) -> None:
    links.write(FILM)
    directory = links.on_array(FILM).parent
    (directory / "A.de.srt").symlink_to("elsewhere")
    (directory / "A.fr.srt").mkdir()
    os.mkfifo(directory / "A.it.srt")
    (directory / ".A.en.srt").write_bytes(b"x")
    assert said(planned(links, wants(FILM))) == {"Films/A/A.mkv": "cache"}


def test_sidecars_have_names_of_bytes(links: Ground) -> None:
    film = "Films/Löwe\n/Löwe.mkv".encode()
    names = [film, film.replace(b".mkv", b".\xfe\n.srt")]
    for path in names:
        links.write(path)
    found = gathered(links, wants(names[0]))
    assert [sidecar.file.path for sidecar in found.situation.sidecars] == [names[1]]
    assert found.plex_paths[found.situation.sidecars[0].file].endswith(".\\xfe\n.srt")
    carried_out(links, wants(names[0]))
    assert CachedFile.objects.count() == 2


@pytest.mark.parametrize("setting", ["subtitles", "none"])
def test_a_changed_setting_brings_back_what_it_no_longer_covers(ground: Ground, setting: str) -> None:
    for path in (FILM, SUBTITLE, POSTER):
        ground.write(path)
    carried_out(ground, wants(FILM))
    policy = CachePolicy.stored()
    policy.associated_files = setting
    policy.save()
    decided = said(carried_out(ground, wants(FILM)))
    assert decided["Films/A/poster.jpg"] == "restore"
    assert decided["Films/A/A.en.srt"] == ("keep" if setting == "subtitles" else "restore")
    assert planned(ground, wants(FILM)).work == ()


@contextmanager
def nobody() -> Iterator[None]:
    """Without the rights of root, who may list every directory."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_directory_that_cannot_be_listed_is_a_note_and_no_exception(links: Ground) -> None:
    for path in (FILM, b"Films/A/Subs/A.srt", b"Films/B/B.mkv", b"Films/B/B.srt"):
        links.write(path)
    films = {FileKey("ssd", path): links.mapping for path in (FILM, b"Films/B/B.mkv")}
    paths = {key: f"/plex/{key.name}" for key in films}
    for directory in (links.array / "Films" / "A", links.array / "Films" / "B"):
        directory.chmod(0o311)
    with disk.open_root(str(links.array), None) as root, nobody():
        found = Searcher({}, CachePolicy(), lambda _: root).search(films, paths)
    for directory in (links.array / "Films" / "A", links.array / "Films" / "B"):
        directory.chmod(0o755)
    assert found.sidecars == {}
    assert [note.name for note in found.skipped] == ["/plex/Films/A/", "/plex/Films/B/"]
    assert all("cannot be listed" in note.reason and "permission" in note.reason for note in found.skipped)


def test_a_subtitle_directory_that_cannot_be_listed_costs_its_own_files_only(links: Ground) -> None:
    for path in (FILM, SUBTITLE, b"Films/A/Subs/A.srt"):
        links.write(path)
    below = links.array / "Films" / "A" / "Subs"
    below.chmod(0o311)
    film = FileKey("ssd", FILM)
    with disk.open_root(str(links.array), None) as root, nobody():
        searcher = Searcher({}, CachePolicy(settle_minutes=0), lambda _: root)
        found = searcher.search({film: links.mapping}, {film: "/plex/Films/A/A.mkv"})
    below.chmod(0o755)
    assert [key.path for key in found.sidecars] == [SUBTITLE]
    assert [note.name for note in found.skipped] == ["/plex/Films/A/Subs"]


def test_a_subtitle_directory_that_is_a_link_is_not_followed(links: Ground, tmp_path: Path) -> None:
    links.write(FILM)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "A.srt").write_bytes(b"x")
    (links.on_array(FILM).parent / "Subs").symlink_to(tmp_path / "outside")
    assert said(planned(links, wants(FILM))) == {"Films/A/A.mkv": "cache"}


# ---- changed files --------------------------------------------------------------------------------------------------


def replace(path: Path) -> None:
    """What Sonarr does: a new file under the name, by one rename."""
    new = path.with_name("new")
    new.write_bytes(b"upgrade")
    new.rename(path)


@pytest.mark.parametrize(
    ("change", "reason"), [(replace, "replaced by another program"), (Path.unlink, "the cached copy is gone")]
)
def test_a_cached_copy_that_is_not_what_was_cached_comes_back(
    links: Ground, change: Callable[[Path], None], reason: str
) -> None:
    for path in (FILM, SUBTITLE):
        links.write(path)
    carried_out(links, wants(FILM))
    change(links.on_cache(FILM))
    plan = planned(links, wants(FILM))
    assert (one(plan, FILM).action, one(plan, SUBTITLE).action) == (Action.RESTORE, Action.RESTORE)
    assert reason in one(plan, FILM).reason
    assert one(plan, FILM).size == (len(b"upgrade") if change is replace else 0)
    assert said(planned(links, wants(FILM, source="playing"))) == {"Films/A/A.mkv": "keep", "Films/A/A.en.srt": "keep"}


@pytest.mark.parametrize(("size", "action"), [(7, Action.RESTORE), (len(CONTENT), Action.KEEP), (0, Action.KEEP)])
def test_a_link_that_lost_its_name_is_noticed_when_plex_tells_of_another_size(
    links: Ground, size: int, action: Action
) -> None:
    links.write(FILM)
    carried_out(links, wants(FILM))
    replace(links.on_array(FILM))
    assert one(planned(links, wants(FILM, size=size)), FILM).action is action


def test_another_size_alone_is_no_change_while_our_link_has_the_name(ground: Ground) -> None:
    ground.write(FILM)
    carried_out(ground, wants(FILM))
    assert one(planned(ground, wants(FILM, size=7)), FILM).action is Action.KEEP


def test_a_cache_that_is_not_mounted_says_nothing_about_its_files(links: Ground) -> None:
    links.write(FILM)
    carried_out(links, wants(FILM))
    links.cache.rename(links.directory / "away")
    assert Gatherer([], CachePolicy.effective()).changes == {}


def test_what_is_in_conflict_is_left_to_a_person(links: Ground) -> None:
    links.write(FILM)
    carried_out(links, wants(FILM))
    CachedFile.objects.update(conflict="two versions")
    links.on_cache(FILM).unlink()
    assert one(planned(links, wants(FILM)), FILM).reason == "two versions"


def test_what_came_from_another_array_than_its_mapping_has_now_goes_back_there_at_once(ground: Ground) -> None:
    """Plex reads the new array, where nothing leads to the cached copy."""
    for path in (FILM, SUBTITLE, OTHER):
        ground.write(path)
    before = tree(ground.array)
    carried_out(ground, wants(FILM, OTHER))
    new = ground.directory / "new array"
    shutil.copytree(ground.array, new, ignore=shutil.ignore_patterns(".cacherr*", "B"))
    PathMapping.objects.update(array_root=str(new))
    ground.mapping = proving.prove(PathMapping.objects.get())
    plan = carried_out(ground, wants(FILM))
    assert said(plan) == dict.fromkeys(("Films/A/A.mkv", "Films/A/A.en.srt", "Films/B/B.mkv"), "restore")
    assert "another array now" in one(plan, FILM).reason
    after = tree(ground.array)
    assert {name: entry for name, entry in after.items() if "cacherr" not in name} == {
        name: entry for name, entry in before.items() if "cacherr" not in name
    }
    assert said(planned(ground, wants(source="playing"))) == {}


def test_what_plays_stays_although_its_mapping_has_another_array_now(links: Ground) -> None:
    links.write(FILM)
    carried_out(links, wants(FILM))
    new = links.directory / "new array"
    new.mkdir()
    PathMapping.objects.update(array_root=str(new))
    links.mapping = proving.prove(PathMapping.objects.get())
    assert said(planned(links, wants(FILM, source="playing"))) == {"Films/A/A.mkv": "keep"}


# ---- moving, playing, room ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["playing", "ondeck"])
def test_what_plays_stays_with_its_sidecars_although_its_mapping_was_switched_off(
    links: Ground, source: SourceName
) -> None:
    for path in (FILM, SUBTITLE):
        links.write(path)
    carried_out(links, wants(FILM))
    CachedFile.objects.filter(path=FILM).update(plex_path="/plex/Films/A/A.mkv")
    beside = make_ground_beside(links)
    policy = CachePolicy.effective()
    policy.minimum_hold_hours = 0
    plan = make_plan(Gatherer([beside.mapping], policy).gather([wants(FILM, source=source)]).situation)
    expected = {Action.KEEP} if source == "playing" else {Action.RESTORE}
    assert {one(plan, path).action for path in (FILM, SUBTITLE)} == expected


@pytest.mark.parametrize("path", [FILM, SUBTITLE])
@pytest.mark.parametrize(("mode", "hindered"), [("move", True), ("copy", False)])
def test_a_file_with_hard_links_is_copied_but_not_moved(tmp_path: Path, path: bytes, mode: str, hindered: bool) -> None:
    ground = make_ground(tmp_path, "union", mode)
    for name in (FILM, SUBTITLE):
        ground.write(name)
    os.link(ground.on_array(path), ground.array / "seed")
    plan = planned(ground, wants(FILM))
    (hit,) = [decision for decision in plan.decisions if decision.name.endswith(os.fsdecode(path))]
    assert (hit.action is Action.SKIP, "has 2 hard links" in hit.reason) == (hindered, hindered)
    assert not hit.problem


def test_unfinished_operations_keep_their_room_unless_they_are_about_a_wanted_file(links: Ground) -> None:
    links.write(FILM)
    row = links.plan_caching(FILM, size=1000)
    row.bytes_done = 400
    row.save()
    (storage,) = gathered(links).situation.storages
    assert (storage.coming, storage.pending) == (1000, 600)
    assert storage.file_system
    (storage,) = gathered(links, wants(FILM)).situation.storages
    assert (storage.coming, storage.pending) == (0, 0)
    assert row.kind == Kind.CACHE


# ---- listings -------------------------------------------------------------------------------------------------------


def test_a_listing_tells_plain_files_from_all_else(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_bytes(b"four")
    (tmp_path / "d" / "below").mkdir()
    (tmp_path / "d" / "link").symlink_to("file")
    with disk.open_root(str(tmp_path), None) as root:
        found = disk.listing(root, b"d")
        assert disk.listing(root, b"").directories == {b"d"}
        assert {name: (look.kind, look.size) for name, look in found.files.items()} == {b"file": (disk.Kind.FILE, 4)}
        assert found.directories == {b"below"}
        assert found.others == {b"link"}
        with pytest.raises(disk.RefusedPathError):
            disk.listing(root, b"d/link")
        with pytest.raises(FileNotFoundError):
            disk.listing(root, b"nowhere")


def test_many_paths_are_seen_at_once_and_what_cannot_be_seen_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_bytes(b"four")
    (tmp_path / "link").symlink_to("d")
    paths = [b"d/file", b"d/none", b"away/file", b"link/file", b"../d/file"]
    with disk.open_root(str(tmp_path), None) as root:
        seen = disk.looks(root, paths)
    assert {path: look.kind for path, look in seen.items()} == {
        b"d/file": disk.Kind.FILE, b"d/none": disk.Kind.ABSENT, b"away/file": disk.Kind.ABSENT,
    }  # fmt: skip


def test_the_key_of_a_file_is_its_cache_and_its_path(links: Ground) -> None:
    links.write(FILM)
    (want,) = gathered(links, wants(FILM)).situation.wants
    assert want.file == FileKey(links.mapping.cache_id or "", FILM)


def test_where_nobody_can_tell_who_writes_a_file_it_must_have_been_at_rest(links: Ground) -> None:
    links.write(FILM)
    assert said(planned(links, wants(FILM))) == {os.fsdecode(FILM): "cache"}
    Root.objects.update(lacks=disk.Ability.LEASE)
    links.mapping.refresh_from_db()
    (waiting,) = planned(links, wants(FILM)).decisions
    assert (waiting.action, waiting.problem, "just arrived" in waiting.reason) == (Action.SKIP, False, True)
    CachePolicy.objects.update(settle_minutes=0)
    assert said(planned(links, wants(FILM))) == {os.fsdecode(FILM): "cache"}


def test_what_is_playing_is_copied_even_where_files_are_moved(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "move")
    inode = ground.write(FILM).stat().st_ino
    ground.write(SUBTITLE)
    carried_out(ground, wants(FILM, source="playing"))
    assert set(CachedFile.objects.values_list("mode", flat=True)) == {Mode.COPY}
    kept = [path.lstat().st_ino for path in ground.array.rglob(".cacherr.*.orig")]
    assert inode in kept


@pytest.mark.parametrize("new", [b"Films/A/A 1080p.mkv", b"Films/B/A.mkv"])
def test_what_was_renamed_while_cached_stays_cached_as_long_as_it_is_wanted_under_its_new_name(
    links: Ground, new: bytes
) -> None:
    links.write(FILM)
    carried_out(links, wants(FILM))
    links.on_array(new).parent.mkdir(exist_ok=True)
    links.on_array(FILM).rename(links.on_array(new))
    plan = planned(links, wants(new))
    assert [(each.action, each.file) for each in plan.decisions] == [
        (Action.KEEP, FileKey(links.mapping.cache_id or "", FILM))
    ]
    assert carried_out(links, wants(new)).work == ()
    carried_out(links)
    assert links.on_array(new).read_bytes() == CONTENT
    assert not links.on_array(new).is_symlink()


def test_a_new_file_at_the_old_name_of_a_renamed_one_waits_for_its_place_on_the_cache(links: Ground) -> None:
    links.write(FILM)
    carried_out(links, wants(FILM))
    new = b"Films/A/A 1080p.mkv"
    links.on_array(FILM).rename(links.on_array(new))
    CachedFile.objects.update(renamed_to=new)
    links.on_array(FILM).write_bytes(b"another")
    (decision,) = [one for one in planned(links, wants(FILM)).decisions if one.action is Action.SKIP]
    assert "its place on the cache belongs to a file that was renamed" in decision.reason
    assert not decision.problem


def test_a_link_that_leads_to_no_cached_file_is_still_left_alone(links: Ground) -> None:
    links.write(FILM)
    links.on_array(b"Films/A/Link.mkv").symlink_to("A.mkv")
    plan = planned(links, wants(b"Films/A/Link.mkv"))
    assert [(each.action, "a link that Cacherr does not know" in each.reason) for each in plan.decisions] == [
        (Action.SKIP, True)
    ]
