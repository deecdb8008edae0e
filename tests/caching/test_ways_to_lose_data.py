"""The ten ways in which a strong alternative loses its users' data or disturbs them. Each was reproduced or read there.

Every test is named after the way and shows that it is closed here, with real files, real errors and real kills.
"""

import os
import resource
import signal
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cacherr.errors import ConfigurationError
from caching import proving
from caching.models import CachedFile, Kind, PathMapping
from caching.playing import Playing
from plexusers.plex import PlexFile, PlexItem
from plexusers.standin import StandIn, faults
from plexusers.wants import Answer, Want
from tests.caching.ground import CONTENT, FILM, make_ground
from tests.conftest import Installation, contents, tree
from tests.home import Home
from tests.waiting import until

SLOW = {"CACHERR_COPY_CHUNK": "512"}


def test_way_1_a_copy_cut_short_by_a_kill_is_never_taken_for_the_file(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    film = home.film("Alpha", os.urandom(6_000_000))
    before, start = installation.public_files(), tree(installation.array)
    killed = installation.start("cycle", extra=SLOW)
    until(installation.copies_in_progress, "a copy")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert contents(installation.cache) == {}, "a part of a file has no public name"
    assert installation.run("cycle").code == 0
    assert installation.public_files() == before
    home.finish(film)
    assert (
        installation.run("cycle", extra={"CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0"}).code
        == 0
    )
    after = tree(installation.array)
    after.pop(".cacherr-root")
    assert after == start


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Writing beyond this size fails, as it does on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@pytest.mark.django_db
def test_way_2_a_write_error_while_copying_back_leaves_the_only_copy_and_nothing_partial(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink", "move")
    film = os.urandom(12_000_000)
    ground.write(content=film)
    ground.carry_out(ground.plan_caching(size=len(film)))
    before = tree(tmp_path)
    with files_no_larger_than(8_000_000):
        assert ground.carry_out(ground.plan_restore()).state == "aborted"
    assert tree(tmp_path) == before
    assert ground.plex_sees() == film
    assert ground.carry_out(ground.plan_restore()).state == "done"
    assert ground.on_array().read_bytes() == film


@pytest.mark.django_db
@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_way_3_two_versions_in_one_folder_are_two_files(tmp_path: Path, placement: str) -> None:
    ground = make_ground(tmp_path, placement, park=True)
    small, large = b"Film/Film [1080p].mkv", b"Film/Film [2160p].mkv"
    ground.write(small, b"small" * 1000)
    ground.write(large, b"large" * 1000)
    start = tree(tmp_path)
    for path, size in ((small, 5000), (large, 5000)):
        assert ground.carry_out(ground.plan_caching(path, size)).state == "done"
    assert (ground.plex_sees(small), ground.plex_sees(large)) == (b"small" * 1000, b"large" * 1000)
    for file in CachedFile.objects.select_related("array", "cache"):
        assert ground.carry_out(ground.plan_return(file)).state == "done"
    assert tree(tmp_path) == start


@pytest.mark.django_db
@pytest.mark.parametrize("park", [False, True])
def test_way_4_an_upgrade_while_cached_survives_the_eviction(tmp_path: Path, park: bool) -> None:
    ground = make_ground(tmp_path, "union", park=park)
    ground.cached()
    fresh = ground.on_cache().with_suffix(".tmp")
    fresh.write_bytes(b"upgraded" * 5000)
    fresh.replace(ground.on_cache())
    file = CachedFile.objects.select_related("array", "cache").get()
    assert ground.carry_out(ground.plan_return(file, Kind.EVICT)).state == "done"
    assert ground.plex_sees() == b"upgraded" * 5000
    assert ground.private_names() == []


@pytest.mark.django_db
@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_way_5_hard_links_of_a_torrent_are_still_one_file_after_a_round_trip(tmp_path: Path, placement: str) -> None:
    ground = make_ground(tmp_path, placement, park=True)
    film = ground.write()
    seed = tmp_path / "array" / "seed.mkv"
    os.link(film, seed)
    ground.carry_out(ground.plan_caching())
    ground.carry_out(ground.plan_restore())
    assert film.samefile(seed)
    assert film.stat().st_nlink == 2


@pytest.mark.django_db
@pytest.mark.parametrize("placement", ["symlink", "union"])
def test_way_6_no_name_that_plex_knows_is_ever_empty_or_half_while_copying(tmp_path: Path, placement: str) -> None:
    ground = make_ground(tmp_path, placement)
    ground.write()
    seen: list[tuple[bytes, bool]] = []

    def look() -> None:
        seen.append((ground.plex_sees(), ground.on_cache().exists()))

    ground.carry_out(ground.plan_caching(), look)
    assert seen == [(CONTENT, False)]


@pytest.mark.django_db
def test_way_7_an_array_that_is_a_view_of_the_cache_is_refused(tmp_path: Path) -> None:
    pool, view = tmp_path / "pool", tmp_path / "view"
    (pool / "media").mkdir(parents=True)
    view.symlink_to(pool)
    mapping = PathMapping.objects.create(
        name="pool", plex_prefix="/plex", array_root=str(view / "media"), cache_root=str(pool / "media")
    )
    with pytest.raises(ConfigurationError, match="merged view"):
        proving.prove(mapping)
    assert list((pool / "media").iterdir()) == []


def test_way_8_a_cache_that_is_not_mounted_is_not_filled(installation: Installation, home: Home, plex: StandIn) -> None:
    home.film("Alpha")
    assert installation.run("cycle").code == 0
    before = installation.run("status", "--json").report["files"]
    installation.cache.rename(installation.directory / "unmounted")
    installation.cache.mkdir()
    home.film("Beta")
    assert installation.run("cycle").code == 4
    assert list(installation.cache.iterdir()) == [], "the mount point is part of the container's own disk"
    assert installation.run("status", "--json").report["files"] == before, "nothing is concluded"
    assert installation.run("cycle", extra={"CACHE_DESTINATION": "/nowhere/cache"}).code == 4


@pytest.mark.parametrize("endpoint", ["/library/onDeck", "/status/sessions"])
def test_way_9_a_source_that_fails_is_unknown_and_its_files_stay(
    installation: Installation, home: Home, plex: StandIn, endpoint: str
) -> None:
    home.film("Alpha")
    extra = {"CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0"}
    assert installation.run("cycle", extra=extra).code == 0
    before = tree(installation.array), tree(installation.cache)
    plex.fail(endpoint, faults.Status(500))
    assert installation.run("cycle", extra=extra).code == 3
    assert (tree(installation.array), tree(installation.cache)) == before


def session(path: str) -> Answer:
    """Plex's answer while somebody plays a file."""
    item = PlexItem("1", "movie", "Alpha", (PlexFile(path, 1),), 0, None)
    return Answer("playing", "anybody", (Want(item, "playing", "anybody", "playing now"),))


@pytest.mark.django_db
def test_way_10_sessions_are_asked_again_right_before_a_file_leaves(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    before = tree(tmp_path)
    sessions = [session(f"/plex/{os.fsdecode(FILM)}"), Answer("playing", "anybody")]
    playing = Playing(lambda: sessions[0], [ground.mapping])
    refused = ground.carry_out(ground.plan_restore(), playing=playing)
    assert (refused.state, refused.outcome) == ("aborted", "Somebody is playing it. It is tried again later.")
    assert tree(tmp_path) == before
    nobody = Playing(lambda: sessions[1], [ground.mapping])
    assert ground.carry_out(ground.plan_restore(), playing=nobody).state == "done"


@pytest.mark.django_db
def test_way_10_what_is_playing_is_unknown_when_plex_cannot_be_asked(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    away = Playing(lambda: Answer("playing", "anybody", failed="Plex is away."), [ground.mapping])
    refused = ground.carry_out(ground.plan_restore(), playing=away)
    assert (refused.state, "unknown what is playing" in refused.outcome) == ("aborted", True)


@pytest.mark.django_db
def test_way_10_directories_belong_to_whom_their_twins_belong(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "union")
    film = ground.write()
    film.parent.chmod(0o2775)
    if os.geteuid() == 0:
        os.chown(film.parent, 99, 100)
    ground.carry_out(ground.plan_caching())
    made = ground.on_cache().parent.stat()
    assert stat.S_IMODE(made.st_mode) == 0o2775
    assert (made.st_uid, made.st_gid) == (film.parent.stat().st_uid, film.parent.stat().st_gid)


def test_way_10_a_subtitle_is_no_upgrade_of_its_video(installation: Installation, home: Home, plex: StandIn) -> None:
    film = home.film("Alpha", b"a" * 50_000)
    home.write("Movies/Alpha/Alpha.en.srt", b"subtitles")
    start = tree(installation.array)
    assert installation.run("cycle").code == 0
    home.finish(film)
    assert (
        installation.run("cycle", extra={"CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0"}).code
        == 0
    )
    after = tree(installation.array)
    after.pop(".cacherr-root")
    assert after == start


STATE_CHANGING = (
    "openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,symlink,symlinkat,link,linkat,"
    "chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,utimensat,truncate,ftruncate,fallocate,setxattr,fsetxattr,"
    "lsetxattr,removexattr,fremovexattr,lremovexattr,mknod,mknodat"
)


def test_a_dry_run_makes_no_state_changing_call_under_any_root(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    home.film("Alpha", b"a" * 50_000)
    home.write("Movies/Alpha/Alpha.en.srt", b"subtitles")
    assert installation.run("cycle").code == 0
    home.film("Beta", b"b" * 70_000)
    log = installation.directory / "calls"
    traced = ["strace", "-f", "-y", "-o", str(log), "-e", f"trace={STATE_CHANGING},write,pwrite64"]
    command = installation.command("cycle", "--dry-run", "--json")
    done = subprocess.run([*traced, *command], env=installation.environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    roots = (str(installation.array), str(installation.cache))
    lines = [line for line in log.read_text(errors="replace").splitlines() if any(root in line for root in roots)]
    reading = [line for line in lines if "openat(" in line and "O_CREAT" not in line and "O_RDONLY" in line]
    assert reading, "it looked at the roots"
    assert [line for line in lines if line not in reading and " = -1 " not in line] == []
