"""From where files were found to proposals, decided without looking at anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.detecting.mounts import Mount
from caching.detecting.proposing import covers, propose
from caching.detecting.values import Fast, Location, Place, Proposal, Sample, Surroundings

ROOT = Mount("/", "/", "0:1", "overlay", "overlay")
USER0 = Mount("/mnt/user0", "/", "0:30", "fuse.shfs", "shfs")
USER = Mount("/mnt/user", "/", "0:31", "fuse.shfs", "shfs")
DISK1 = Mount("/mnt/disk1", "/", "9:1", "xfs", "/dev/md1")
POOL = Mount("/mnt/cache", "/", "0:40", "btrfs", "/dev/nvme0n1p1")
BULK = Mount("/bulk", "/", "8:1", "ext4", "/dev/sda1")
SSD = Mount("/ssd", "/", "8:2", "ext4", "/dev/sdb1")
POOLED = Mount("/pool", "/", "0:50", "fuse.mergerfs", "a:b")
NFS = Mount("/nas", "/", "0:60", "nfs4", "nas:/media")


def location(path: str, files: int = 3) -> Location:
    return Location(path, "Films", tuple(Sample(f"{path}/{number}/{number}.mkv", 100) for number in range(files)))


def around(
    places: dict[str, list[Place]], mounts: tuple[Mount, ...], fast: tuple[Fast, ...] = (), files: int = 3
) -> Surroundings:
    devices = {place.path: device(place.path, mounts) for some in places.values() for place in some}
    return Surroundings(
        tuple(location(path, files) for path in places), {k: tuple(v) for k, v in places.items()}, fast,
        (ROOT, *mounts), devices,
    )  # fmt: skip


def device(path: str, mounts: tuple[Mount, ...]) -> str:
    return next((mount.device for mount in mounts if path.startswith(mount.point)), "0:1")


def only(surroundings: Surroundings) -> Proposal:
    (proposal,) = propose(surroundings).proposals
    return proposal


def roots(proposal: Proposal) -> tuple[str, str, str]:
    return proposal.plex_prefix, proposal.array_root, proposal.cache_root


FAST_POOL = Fast("/mnt/cache", 10**12, None, "0:40")
FAST_SSD = Fast("/ssd", 10**11, False, "8:2")


def test_libraries_side_by_side_become_one_mapping_of_their_parent() -> None:
    found = around(
        {"/data/media/Films": [Place("/bulk/Films", 3)], "/data/media/TV": [Place("/bulk/TV", 3)]}, (BULK, SSD),
        (FAST_SSD,),
    )  # fmt: skip
    assert roots(only(found)) == ("/data/media", "/bulk", "/ssd/bulk")


def test_a_library_alone_is_mapped_as_narrowly_as_can_be() -> None:
    found = around({"/data/Films": [Place("/bulk/Films", 3)]}, (BULK, SSD), (FAST_SSD,))
    assert roots(only(found)) == ("/data/Films", "/bulk/Films", "/ssd/Films")


def test_directories_with_other_names_become_mappings_of_their_own() -> None:
    found = around({"/movies": [Place("/bulk/Films", 3)], "/shows": [Place("/bulk/TV", 3)]}, (BULK,))
    assert {one[:2] for one in map(roots, propose(found).proposals)} == {
        ("/movies", "/bulk/Films"),
        ("/shows", "/bulk/TV"),
    }


def test_on_unraid_the_array_is_taken_and_the_pools_own_path_with_the_union() -> None:
    places = {
        "/data/media/Films": [
            Place("/mnt/cache/media/Films", 3),
            Place("/mnt/disk1/media/Films", 3),
            Place("/mnt/user/media/Films", 3),
            Place("/mnt/user0/media/Films", 3),
        ]
    }
    found = only(around(places, (USER0, USER, DISK1, POOL), (FAST_POOL, Fast("/mnt/disk1", 10**13, None, "9:1"))))
    assert roots(found) == ("/data/media/Films", "/mnt/user0/media/Films", "/mnt/cache/media/Films")
    assert found.placement == "union"
    assert found.warnings == ()
    assert any("Unraid" in reason for reason in found.reasons)


def test_where_only_unraids_view_is_mounted_the_cure_is_told() -> None:
    found = only(around({"/data/Films": [Place("/mnt/user/media/Films", 3)]}, (USER, POOL), (FAST_POOL,)))
    assert any("/mnt/user0/media/Films" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("mount", "path", "words"),
    [
        (NFS, "/nas/Films", "network file system"),
        (POOLED, "/pool/Films", "mergerfs"),
        (Mount("/bulk", "/", "8:1", "ext4", "x", read_only=True), "/bulk/Films", "read-only"),
    ],
    ids=["network", "mergerfs", "read-only"],
)
def test_what_will_not_work_is_said_beforehand(mount: Mount, path: str, words: str) -> None:
    found = only(around({"/data/Films": [Place(path, 3)]}, (mount, SSD), (FAST_SSD,)))
    assert any(words in warning for warning in found.warnings)


def test_of_two_copies_the_one_with_more_of_the_files_is_taken() -> None:
    places = {"/data/Films": [Place("/bulk/old", 1), Place("/bulk/films of today", 3)]}
    assert only(around(places, (BULK,))).array_root == "/bulk/films of today"


def test_beside_the_mergerfs_pool_that_plex_reads_the_slow_pool_is_taken() -> None:
    slow = Mount("/slow", "/", "0:51", "fuse.mergerfs", "a")
    places = {"/pool/Films": [Place("/pool/Films", 3), Place("/slow/Films", 2)]}
    found = only(around(places, (POOLED, slow, SSD), (FAST_SSD,)))
    assert (found.array_root, found.placement) == ("/slow/Films", "auto")
    assert any("mergerfs pool, /pool" in reason for reason in found.reasons)


def test_a_disk_is_taken_before_the_pool_that_it_is_in() -> None:
    places = {"/data/Films": [Place("/pool/Films", 3), Place("/bulk/of all/Films", 3)]}
    assert only(around(places, (POOLED, BULK))).array_root == "/bulk/of all/Films"


def test_an_unraid_share_under_another_name_cannot_be_told_apart() -> None:
    share = Mount("/media", "/media", "0:30", "fuse.shfs", "shfs")
    found = only(around({"/data/Films": [Place("/media/Films", 3)]}, (share, POOL), (FAST_POOL,)))
    assert any("at their own paths" in warning for warning in found.warnings)


def test_without_any_storage_apart_no_cache_is_made_up() -> None:
    found = only(around({"/data/Films": [Place("/bulk/Films", 3)]}, (BULK,), (Fast("/bulk", 9, None, "8:1"),)))
    assert found.cache_root == ""
    assert any("No SSD" in warning for warning in found.warnings)


def test_a_disk_with_a_motor_is_no_cache_unless_somebody_names_it() -> None:
    slow = Fast("/ssd", 10**12, True, "8:2")
    places = {"/data/Films": [Place("/bulk/Films", 3)]}
    assert only(around(places, (BULK, SSD), (slow,))).cache_root == ""
    named = Fast("/ssd", 10**12, True, "8:2", named=True)
    assert only(around(places, (BULK, SSD), (named,))).cache_root == "/ssd/Films"


def test_a_named_cache_on_the_same_file_system_is_taken_with_a_warning() -> None:
    named = Fast("/bulk/fast", 10**12, None, "8:1", named=True)
    found = only(around({"/data/Films": [Place("/bulk/media/Films", 3)]}, (BULK,), (named,)))
    assert found.cache_root == "/bulk/fast/Films"
    assert any("same file system" in warning for warning in found.warnings)


@pytest.mark.parametrize(("files", "words"), [(3, "None of its files"), (0, "no file there yet")])
def test_a_location_that_was_not_found_is_named_with_its_cure(files: int, words: str) -> None:
    detected = propose(around({"/data/Films": []}, (BULK,), files=files))
    assert detected.proposals == ()
    ((path, why),) = detected.missing
    assert path == "/data/Films"
    assert words in why


def test_an_empty_library_beside_one_that_was_found_is_covered_by_the_parent_only() -> None:
    found = around({"/data/media/Films": [Place("/bulk/Films", 3)], "/data/media/Anime": []}, (BULK,))
    assert [path for path, _ in propose(found).missing] == ["/data/media/Anime"]


def test_windows_paths_of_plex_are_understood() -> None:
    found = around({"D:\\media\\Films": [Place("/bulk/Films", 3)], "D:\\media\\TV": [Place("/bulk/TV", 3)]}, (BULK,))
    assert roots(only(found))[:2] == ("D:\\media", "/bulk")


@pytest.mark.parametrize(
    ("prefix", "path", "covered"),
    [("/data", "/data/media", True), ("/data/media", "/data/media", True), ("/dat", "/data", False), ("", "/d", False)],
)
def test_a_prefix_covers_by_whole_names(prefix: str, path: str, covered: bool) -> None:
    assert covers(prefix, path) is covered


names = st.lists(st.sampled_from(["media", "films", "tv", "a"]), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(names.map("/plex/{}".format), names.map("/bulk/{}".format), min_size=1, max_size=4))
def test_every_library_that_was_found_is_covered_and_leads_to_where_it_was_found(places: dict[str, str]) -> None:
    found = propose(around({path: [Place(place, 3)] for path, place in places.items()}, (BULK,)))
    assert found.missing == ()
    for path, place in places.items():
        leading = {
            proposal.array_root + path.removeprefix(proposal.plex_prefix)
            for proposal in found.proposals
            if path in proposal.locations
        }
        assert leading == {place}
