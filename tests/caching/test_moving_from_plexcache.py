"""Moving from PlexCache-D: a directory as it leaves it, its settings read, its cached files taken over as they are."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from caching import auditing, mappings, orders, rescue, upkeep
from caching.disk import Kind, Look
from caching.models import CachedFile, CachePolicy, Mode, Operation, PathMapping, Pin, Placement, Root
from caching.planning.sidecars import belongings, kind_of
from caching.transfer import moving
from caching.transfer.plexcache import is_plexcache, tracked, translate
from caching.transfer.plexcache.judging import judge
from caching.transfer.plexcache.keys import DEAD, ELSEWHERE, LEFT, TAKEN
from importlists.models import ListPolicy
from plexusers.models import LibrarySection, PlexServer, PlexUser, UserTypeDefaults, WatchPolicy
from tests.caching.ground import CONTENT, Ground
from tests.caching.quiet import make_quiet
from tests.conftest import Installation, tree

pytestmark = pytest.mark.django_db

FILM = "Alpha (2001)/Alpha (2001).mkv"
SECRET = "s3cret-token"


@dataclass
class Left:
    """What PlexCache-D leaves behind: settings, lists, and files in its layout."""

    directory: Path
    settings: dict[str, Any] = field(default_factory=dict)
    times: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("array", "cache", "plexcache/data"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self.settings = {
            "PLEX_URL": "http://plex:32400",
            "PLEX_TOKEN": SECRET,
            "path_mappings": [
                {
                    "name": "Movies", "plex_path": "/data/", "real_path": f"{self.array}/",
                    "cache_path": f"{self.cache}/", "host_cache_path": "/mnt/cache_downloads/", "cacheable": True,
                    "enabled": True,
                }
            ],
        }  # fmt: skip

    @property
    def array(self) -> Path:
        return self.directory / "array"

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    def write(self, path: Path, content: bytes = CONTENT, age: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(10**18, 10**18 - age))
        return path

    def cached(self, name: str = FILM, content: bytes = CONTENT, **note: Any) -> None:
        """A file as PlexCache-D caches it: a copy on the cache, the original renamed beside its name."""
        self.write(self.cache / name, content)
        self.write(self.array / f"{name}.plexcached", content)
        self.track(name, **note)

    def track(self, name: str, **note: Any) -> None:
        """Put it on PlexCache-D's lists: one by the host's path, one by its own."""
        self.lines.append(f"/mnt/cache_downloads/{name}")
        self.times[str(self.cache / name)] = {"cached_at": "2026-01-02T03:04:05.123", "source": "ondeck", **note}

    def move(self, **options: Any) -> moving.Moved:
        files = tracked("\n".join(self.lines).encode() + b"\n", self.times)
        return moving.move(self.settings, files, **options)

    def save(self) -> Path:
        """As files, for the command."""
        home = self.directory / "plexcache"
        (home / "plexcache_cached_files.txt").write_text("\n".join(self.lines))
        (home / "data/timestamps.json").write_text(json.dumps(self.times))
        path = home / "plexcache_settings.json"
        path.write_text(json.dumps(self.settings))
        return path

    def media(self) -> dict[str, Any]:
        """Every name below both roots but Cacherr's own markers, with inodes."""
        seen = {**tree(self.array), **{f"cache/{name}": value for name, value in tree(self.cache).items()}}
        return {name: value for name, value in seen.items() if ".cacherr-" not in name and name != "."}


@pytest.fixture(autouse=True)
def quiet(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    make_quiet(settings, tmp_path / "own")


@pytest.fixture
def left(tmp_path: Path) -> Left:
    return Left(tmp_path)


def restore_all() -> None:
    """Bring everything back by ordinary operations."""
    usable = mappings.in_force()
    placed = orders.give_all_back("test")
    assert not placed.refused
    ground = Ground(Path(usable[0].array_root).parent, usable[0])
    for operation in placed.operations:
        done = ground.carry_out(Operation.objects.select_related("array", "cache").get(pk=operation.pk))
        assert done.state == "done", done.outcome


def test_a_cached_file_is_taken_over_without_touching_it_and_comes_back_as_any_other(left: Left) -> None:
    left.cached(rating_key="42")
    before = left.media()
    moved = left.move()
    assert (moved.adopted.files, moved.adopted.left) == ([str(left.cache / FILM)], {})
    assert moved.adopted.size == len(CONTENT)
    assert left.media() == before
    row = CachedFile.objects.get()
    assert (row.placement, row.mode, row.park_originals) == ("union", "copy", True)
    assert (row.plex_path, row.rating_key, row.size) == (f"/data/{FILM}", "42", len(CONTENT))
    assert (row.cached_at.year, row.cached_at.day) == (2026, 2)
    assert auditing.examine().findings == ()
    restore_all()
    assert (left.array / FILM).read_bytes() == CONTENT
    assert not (left.array / f"{FILM}.plexcached").exists()
    assert not (left.cache / FILM).exists()
    assert not CachedFile.objects.exists()


@pytest.mark.parametrize("on_array", ["its directory", "a link", "nothing"])
def test_a_file_without_a_parked_original_is_one_that_was_moved(left: Left, on_array: str) -> None:
    left.settings["create_plexcached_backups"] = False
    left.write(left.cache / FILM)
    left.track(FILM)
    symlinked = on_array == "a link"
    if on_array != "nothing":
        (left.array / FILM).parent.mkdir()
    if symlinked:
        left.settings["use_symlinks"] = True
        (left.array / FILM).symlink_to(left.cache / FILM)
    before = left.media()
    assert len(left.move().adopted.files) == 1
    assert left.media() == before
    row = CachedFile.objects.get()
    assert (row.mode, row.placement) == ("move", "symlink" if symlinked else "union")
    restore_all()
    assert (left.array / FILM).read_bytes() == CONTENT
    assert not (left.array / FILM).is_symlink()


def test_a_link_to_the_copy_beside_a_parked_original_is_a_symlink_placement(left: Left) -> None:
    left.settings["use_symlinks"] = True
    left.cached()
    (left.array / FILM).symlink_to(left.cache / FILM)
    left.move()
    row = CachedFile.objects.get()
    assert (row.placement, row.mode, row.park_originals) == ("symlink", "copy", False)
    restore_all()
    assert (left.array / FILM).read_bytes() == CONTENT
    assert [path.name for path in left.array.rglob("*.plexcached")] == []


def test_an_upgrade_after_the_takeover_wins_over_the_parked_original(left: Left) -> None:
    left.cached()
    left.move()
    new = left.write(left.cache / FILM, b"better" * 1000, age=-(10**10)).read_bytes()
    restore_all()
    assert (left.array / FILM).read_bytes() == new
    assert [path.name for path in left.array.rglob("*.plexcached")] == []


def test_a_parked_original_gets_its_name_back_when_the_cache_is_lost(left: Left) -> None:
    left.cached()
    left.move()
    for path in sorted(left.cache.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    rescued = rescue.rescue()
    assert rescued.failed == []
    assert (left.array / FILM).read_bytes() == CONTENT


def test_what_was_taken_over_is_found_again_when_the_database_is_lost(left: Left) -> None:
    left.cached()
    left.move()
    before = CachedFile.objects.values("original_name", "array_print", "cache_print", "mode", "park_originals").get()
    for model in (CachedFile, Operation):
        model._default_manager.all().delete()
    PathMapping.objects.update(array=None, cache=None, proved_placement="", proved_prefix="")
    Root.objects.all().delete()
    upkeep.recover(rebuild_rows=True)
    assert CachedFile.objects.values(*before).get() == before


def test_twice_is_like_once(left: Left) -> None:
    left.cached()
    left.move()
    again = left.move()
    assert (again.adopted.files, again.adopted.known, again.outcome.changes) == ([], 1, [])
    assert CachedFile.objects.count() == 1


def test_a_dry_run_tells_the_same_and_writes_nothing_anywhere(left: Left) -> None:
    left.cached()
    left.write(left.cache / "gone wrong.mkv", b"half")
    left.write(left.array / "gone wrong.mkv.plexcached")
    left.track("gone wrong.mkv")
    before = tree(left.directory)
    told = left.move(dry_run=True)
    assert tree(left.directory) == before
    assert not CachedFile.objects.exists()
    assert not PathMapping.objects.exists()
    done = left.move()
    assert (done.adopted.files, done.adopted.left) == (told.adopted.files, told.adopted.left)


def test_a_sidecar_belongs_to_its_video_and_a_parked_one_is_no_sidecar(left: Left) -> None:
    srt = "Alpha (2001)/Alpha (2001).en.srt"
    left.cached(associated_files=[str(left.cache / "Alpha (2001)/notes.txt")])
    left.cached(srt, b"1")
    left.cached("Alpha (2001)/notes.txt", b"2")
    left.move()
    owners = {bytes(row.path): bytes(row.belongs_to) for row in CachedFile.objects.all()}
    assert owners == {FILM.encode(): b"", srt.encode(): FILM.encode(), b"Alpha (2001)/notes.txt": FILM.encode()}


ABSENT = Look(Kind.ABSENT)
HERE = Look(Kind.LINK, target=b"/cache/x")


@pytest.mark.parametrize("name", [b"Alpha.mkv.plexcached", b"Alpha.en.srt.plexcached", b"poster.jpg.plexcached"])
def test_a_parked_original_joins_no_video(name: bytes) -> None:
    assert kind_of(name) is None
    assert belongings(b"Alpha", [b"Alpha.mkv", name]) == {}


def file(size: int = 10, seconds: float = 0) -> Look:
    return Look(Kind.FILE, print=f"1:{size}:{int(seconds * 10**9)}", size=size)


@pytest.mark.parametrize(
    ("copy", "name", "parked", "expected"),
    [
        (file(), ABSENT, file(), (Placement.UNION, Mode.COPY)),
        (file(), ABSENT, file(seconds=1.5), (Placement.UNION, Mode.COPY)),
        (file(), HERE, file(), (Placement.SYMLINK, Mode.COPY)),
        (file(), file(), ABSENT, (Placement.UNION, Mode.COPY)),
        (file(), ABSENT, ABSENT, (Placement.UNION, Mode.MOVE)),
        (file(), HERE, ABSENT, (Placement.SYMLINK, Mode.MOVE)),
        (file(), ABSENT, file(seconds=60), "compare"),
        (file(), file(seconds=60), ABSENT, "compare"),
        (file(5), ABSENT, file(), "5: one is not whole"),
        (file(5), file(), ABSENT, "5: one is not whole"),
        (ABSENT, ABSENT, file(), "take .plexcached off"),
        (ABSENT, file(), ABSENT, "not on the cache any more"),
        (ABSENT, ABSENT, ABSENT, "not on the cache any more"),
        (file(), file(), file(), "keep one of them"),
        (file(), Look(Kind.LINK, target=b"/elsewhere"), file(), "somewhere else"),
        (file(), Look(Kind.OTHER), ABSENT, "no plain file"),
        (HERE, file(), ABSENT, "no plain file"),
        (file(), ABSENT, HERE, "no plain file"),
    ],
)
def test_only_what_is_certain_is_taken_over(copy: Look, name: Look, parked: Look, expected: Any) -> None:
    verdict = judge(copy, name, parked, b"/cache/x")
    if isinstance(expected, tuple):
        assert (verdict.placement, verdict.mode, verdict.why_not, verdict.to_compare) == (*expected, "", False)
    elif expected == "compare":
        assert verdict.to_compare
    else:
        assert expected in verdict.why_not


def test_a_half_copied_file_is_named_and_left_alone(left: Left) -> None:
    left.write(left.cache / FILM, CONTENT[:100])
    left.write(left.array / f"{FILM}.plexcached")
    left.track(FILM)
    before = left.media()
    moved = left.move(verify=True)
    assert "not whole" in moved.adopted.left[str(left.cache / FILM)]
    assert left.media() == before
    assert not CachedFile.objects.exists()


@pytest.mark.parametrize("same", [True, False])
def test_what_has_another_time_is_read_and_compared_when_asked(left: Left, *, same: bool) -> None:
    left.write(left.cache / FILM, CONTENT if same else bytes(len(CONTENT)), age=10**11)
    left.write(left.array / f"{FILM}.plexcached")
    left.track(FILM)
    assert "--verify" in left.move().adopted.left[str(left.cache / FILM)]
    moved = left.move(verify=True)
    assert bool(moved.adopted.files) is same
    assert bool(moved.adopted.left) is not same
    assert [len(row.hash) for row in CachedFile.objects.all()] == [32] * same


def test_an_audit_reads_what_was_compared_and_passes_over_what_was_not(left: Left) -> None:
    left.cached()
    left.move()
    left.cached("Beta.mkv")
    left.move(verify=True)
    assert [one for one in auditing.examine(verified=True).findings if one.kind == "rot"] == []


def test_a_file_outside_every_mapping_is_named_and_left_alone(left: Left) -> None:
    left.lines.append("/mnt/other/Beta.mkv")
    assert left.move().adopted.left == {"/mnt/other/Beta.mkv": "no path mapping has its directory as its cache"}


def test_an_array_that_is_not_there_is_told_for_each_file_and_the_settings_come_all_the_same(left: Left) -> None:
    left.cached()
    left.settings["path_mappings"][0]["real_path"] = "/nowhere/at/all"
    moved = left.move()
    assert "/nowhere/at/all is not there" in moved.adopted.left[str(left.cache / FILM)]
    assert PlexServer.stored().plex_url == "http://plex:32400"
    assert not CachedFile.objects.exists()


# ---- the settings --------------------------------------------------------------------------------------------------

FULL = {
    "PLEX_URL": "http://plex:32400", "PLEX_TOKEN": SECRET, "number_episodes": 7, "prefetch_minimum_minutes": 90,
    "days_to_monitor": 183, "users_toggle": False, "watchlist_toggle": True, "watchlist_episodes": 2,
    "remote_watchlist_toggle": True, "remote_watchlist_rss_url": f"https://rss.plex.tv/{SECRET}",
    "watched_move": True, "cache_retention_hours": 6, "watchlist_retention_days": 0.5, "ondeck_retention_days": 0,
    "cache_limit": "250GB", "min_free_space": "5%", "cache_eviction_mode": "fifo",
    "cache_eviction_threshold_percent": 70, "cache_associated_files": "subtitles", "max_concurrent_moves_cache": 50,
    "max_concurrent_moves_array": 2, "valid_sections": [1], "hardlinked_files": "skip", "firststart": False,
    "users": [
        {"title": "Alex", "id": 11, "is_admin": True, "token": SECRET},
        {"title": "Sam", "id": "22", "is_local": True, "skip_ondeck": True, "days_to_monitor": 30},
        {"title": "Kim", "id": 33, "is_local": False, "token": SECRET, "watchlist_retention_days": 3},
        {"title": "Nobody", "id": None},
    ],
    "skip_watchlist": ["Kim"],
    "pinned_media": {"5": {"type": "movie", "title": "Alpha"}, "9": {"type": "season", "title": "Show 2"}},
    "schedule": {"enabled": True, "schedule_type": "interval", "interval_hours": 4},
    "webhook_url": f"https://discord.com/{SECRET}", "auth_enabled": True, "sonarr_url": "x", "wormhole": 1,
}  # fmt: skip


def test_the_settings_are_taken_and_what_was_not_is_named_with_the_reason() -> None:
    for key in ("1", "2"):
        LibrarySection.objects.create(key=key, kind="movie", title=key, locations=["/data"])
    moved = moving.move(FULL)
    policy = CachePolicy.stored()
    assert (policy.cache_limit, policy.min_free_space, policy.eviction_mode, policy.minimum_hold_hours) == (
        "250GB", "5%", "fifo", 6,
    )  # fmt: skip
    assert (policy.eviction_threshold_percent, policy.eviction_target_percent) == (70, 70)
    assert (policy.associated_files, policy.operations_to_cache, policy.operations_to_array) == ("subtitles", 16, 2)
    assert (policy.watchlist_expiry_days, policy.ondeck_expiry_days) == (1, 0)
    assert PlexServer.stored().plex_token == SECRET
    assert WatchPolicy.stored().friends_feed == f"https://rss.plex.tv/{SECRET}"
    types = {row.kind: (row.episodes_ahead, row.ondeck, row.watchlist) for row in UserTypeDefaults.objects.all()}
    assert types == {"main": (7, True, True), "home": (7, False, True), "shared": (7, False, True)}
    users = {row.title: (row.plex_id, row.kind, row.ondeck, row.watchlist) for row in PlexUser.objects.all()}
    assert users == {
        "Alex": (11, "main", None, None), "Sam": (22, "home", False, None), "Kim": (33, "shared", None, False),
    }  # fmt: skip
    assert PlexUser.objects.get(title="Kim").token == SECRET
    assert PlexUser.objects.get(title="Sam").stale_days == 30
    assert list(LibrarySection.objects.order_by("key").values_list("enabled", flat=True)) == [True, False]
    assert [(pin.title, pin.kind) for pin in Pin.objects.all()] == [("Alpha", "movie")]
    notes = "\n".join(moved.outcome.notes)
    for words in (
        "wormhole is unknown", "webhook_url was not taken", "auth_enabled was not taken", "sonarr_url was not taken",
        "hardlinked_files was not taken", "The pin Show 2", "The user Nobody", "PlexCache-D counted everything",
        "watchlist_retention_days of Kim",
    ):  # fmt: skip
        assert words in notes
    assert "firststart" not in notes
    assert SECRET not in str(moved.told)
    assert not ListPolicy.objects.exists()


def test_a_value_that_cannot_be_used_is_noted_and_the_rest_is_taken() -> None:
    moved = moving.move({
        "PLEX_URL": "plex", "number_episodes": "many", "min_free_space": "lots", "cache_retention_hours": 5,
        "users": "x", "valid_sections": 5, "path_mappings": [{"name": "x"}, 7], "schedule": [], "pinned_media": [],
    })  # fmt: skip
    notes = "\n".join(moved.outcome.notes)
    for words in ("plex_url was not taken", "number_episodes was not taken", "min_free_space", "The path mapping x"):
        assert words in notes
    assert CachePolicy.stored().minimum_hold_hours == 5


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"real_path": "/mnt/user/media/", "cache_path": "/mnt/cache/media/"}, ("/mnt/user0/media", "union", "copy")),
        ({"real_path": "/srv/media", "cache_path": "/ssd/media"}, ("/srv/media", "union", "copy")),
    ],
)
def test_mappings_work_on_the_array_itself(given: dict[str, str], expected: tuple[str, ...]) -> None:
    translated = translate({"PLEX_URL": "", "path_mappings": [{"name": "x", "plex_path": "/data/", **given}]})
    (row,) = translated.document["mappings"]
    assert (row["array_root"], row["placement"], row["mode"]) == expected


def test_older_settings_with_one_source_are_one_mapping() -> None:
    older = {
        "PLEX_URL": "",
        "plex_source": "/data/",
        "real_source": "/srv/",
        "cache_dir": "/ssd/",
        "use_symlinks": True,
    }
    (row,) = translate(older).document["mappings"]
    assert (row["plex_prefix"], row["array_root"], row["cache_root"], row["placement"]) == (
        "/data", "/srv", "/ssd", "symlink",
    )  # fmt: skip


def test_two_mappings_with_one_cache_directory_are_not_both_taken() -> None:
    one = {"name": "a", "plex_path": "/a", "real_path": "/srv/a", "cache_path": "/ssd"}
    translated = translate({"PLEX_URL": "", "path_mappings": [one, one | {"name": "b", "plex_path": "/b"}]})
    assert [row["name"] for row in translated.document["mappings"]] == ["a"]
    assert "meets that of a" in " ".join(translated.notes)


def test_no_key_is_in_two_tables() -> None:
    tables = [{one.key for one in TAKEN}, ELSEWHERE, set(LEFT), DEAD]
    assert sum(len(table) for table in tables) == len(set().union(*tables))


@pytest.mark.parametrize("document", [[], {}, {"format": "cacherr settings", "PLEX_URL": "x"}, None])
def test_other_documents_are_not_taken_for_plexcaches(document: object) -> None:
    assert not is_plexcache(document)


@pytest.mark.parametrize(
    "note", ["2026-01-02T03:04:05", {"cached_at": "2026-01-02T03:04:05"}, {"cached_at": 5}, None, 7]
)
def test_lists_are_read_however_old_they_are(note: object) -> None:
    (one,) = tracked(b"/c/a.mkv\r\n\n# no path\n", {"/c/a.mkv": note})
    assert one.path == b"/c/a.mkv"
    assert (one.cached_at is not None) is ("2026" in str(note))


def test_the_command_takes_settings_and_files_over(installation: Installation) -> None:
    left = Left(installation.directory)
    left.cached()
    left.write(left.cache / "Half.mkv", b"half")
    left.write(left.array / "Half.mkv.plexcached")
    left.track("Half.mkv")
    path = left.save()
    own = {"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": ""}
    told = installation.run("import_settings", str(path), "--dry-run", extra=own)
    assert told.code == 1, told.errors
    for words in ("1 cached files", "left alone:", "Half.mkv", "nothing was changed"):
        assert words in told.output
    done = installation.run("import_settings", str(path), "--json", extra=own)
    assert (done.code, done.report["adopted"]) == (1, [str(left.cache / FILM)]), done.errors
    assert SECRET not in done.output + done.errors
    status = installation.run("status", "--json", extra=own).report
    assert [file["cache_path"] for file in status["files"]] == [str(left.cache / FILM)]
