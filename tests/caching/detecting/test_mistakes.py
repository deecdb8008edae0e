"""Each usual mistake, found from facts alone, with its cure."""

from dataclasses import replace

import pytest

from caching.detecting.mistakes import Facts, Kind, RootFacts, SampleFacts, find
from caching.detecting.mounts import Mount
from caching.detecting.values import Location

MOUNTS = (
    Mount("/", "/", "0:1", "overlay", "overlay"),
    Mount("/config", "/", "8:3", "ext4", "c"),
    Mount("/array", "/media", "8:1", "ext4", "a"),
    Mount("/cache", "/", "8:2", "ext4", "b"),
    Mount("/inside", "/media/ssd", "8:1", "ext4", "a"),
    Mount("/mnt/user", "/", "0:31", "fuse.shfs", "shfs"),
)
SAMPLE = SampleFacts("/data/media/Films/A.mkv", "/array/Films/A.mkv", 100, 100, None)
SECOND = replace(SAMPLE, plex_path="/data/media/Films/B.mkv", array_path="/array/Films/B.mkv")
GOOD = Facts(
    plex_prefix="/data/media",
    array=RootFacts("/array", device="8:1"),
    cache=RootFacts("/cache", device="8:2"),
    proved=False,
    mounts=MOUNTS,
    locations=(Location("/data/media/Films", "Films"),),
    samples=(SAMPLE, SECOND),
)


def absent(path: str) -> RootFacts:
    return RootFacts(path, there=False, problem="No such file or directory")


def lost(*more: SampleFacts) -> tuple[SampleFacts, ...]:
    return tuple(replace(one, on_array=None) for one in (SAMPLE, SECOND, *more))


def test_a_right_mapping_has_none() -> None:
    assert find(GOOD) == ()


CASES = {
    "Plex prefix and array root swapped": (
        replace(GOOD, plex_prefix="/array", array=RootFacts("/data/media")), Kind.SWAPPED, "error",
        "Make /data/media the Plex prefix",
    ),
    "array and cache swapped": (
        replace(GOOD, samples=tuple(replace(one, on_cache=100) for one in lost())), Kind.SWAPPED, "error",
        "Make /cache the array root",
    ),
    "a prefix that Plex does not use": (
        replace(GOOD, plex_prefix="/other"), Kind.UNCOVERED, "error", "/data/media/Films",
    ),
    "Plex's own path as the array root": (
        replace(GOOD, array=absent("/data/media"), samples=(), elsewhere=("/array",)), Kind.CONTAINER_PATH, "error",
        "found below /array",
    ),
    "an array that is not mounted": (
        replace(GOOD, array=absent("/mnt/user0/media"), samples=(), elsewhere=("/array",)), Kind.MISSING, "error",
        "found below /array",
    ),
    "a cache that is not mounted": (replace(GOOD, cache=absent("/ssd")), Kind.MISSING, "error", "Mount it"),
    "a cache on the container's own disk": (
        replace(GOOD, cache=RootFacts("/ssd")), Kind.MISSING, "error", "Mount the host's directory at /ssd",
    ),
    "an empty mount point": (
        replace(GOOD, array=RootFacts("/array", empty=True), samples=lost()), Kind.MISSING, "error", "Mount the disk",
    ),
    "an array mounted read-only": (
        replace(GOOD, array=RootFacts("/array", read_only=True, writable=False)), Kind.READ_ONLY, "error", "Read/Write",
    ),
    "a cache that belongs to somebody else": (
        replace(GOOD, cache=RootFacts("/cache", writable=False)), Kind.NOT_PERMITTED, "error", "PUID",
    ),
    "the cache on the array's file system": (
        replace(GOOD, cache=RootFacts("/cache", device="8:1")), Kind.SAME_DEVICE, "note", "SSD",
    ),
    "a cache inside the array": (
        replace(GOOD, cache=RootFacts("/array/cache")), Kind.NESTED, "error", "two separate directories",
    ),
    "a cache that is a mount of a place inside the array": (
        replace(GOOD, cache=RootFacts("/inside")), Kind.NESTED, "error", "two separate directories",
    ),
    "Unraid's merged view as the array": (
        replace(GOOD, array=RootFacts("/mnt/user/media")), Kind.MERGED, "error", "/mnt/user0/media",
    ),
    "Unraid's merged view as the cache": (
        replace(GOOD, cache=RootFacts("/mnt/user/media")), Kind.MERGED, "error", "/mnt/cache/media",
    ),
    "another share": (replace(GOOD, samples=lost()), Kind.WRONG_SHARE, "error", "Correct the array root"),
    "another share, and the right one is known": (
        replace(GOOD, samples=lost(), elsewhere=("/array/media",)), Kind.WRONG_SHARE, "error", "below /array/media",
    ),
    "one file that went away": (
        replace(GOOD, samples=(SAMPLE, replace(SECOND, on_array=None))), Kind.WRONG_SHARE, "warning", "Scan the",
    ),
    "files of other sizes": (
        replace(GOOD, samples=(replace(SAMPLE, on_array=7),)), Kind.OTHER_FILES, "error", "Correct the array root",
    ),
    "files that may not be read": (
        replace(GOOD, samples=(replace(SAMPLE, unreadable="Permission denied"),)), Kind.UNREADABLE, "error", "PUID",
    ),
    "links that would lead nowhere for Plex": (
        replace(GOOD, seen_by_plex=False), Kind.UNSEEN, "error", "at the very same path /cache",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "kind", "level", "cure"), CASES.values(), ids=CASES.keys())
def test_a_mistake_is_named_alone_and_has_its_cure(facts: Facts, kind: Kind, level: str, cure: str) -> None:
    (found,) = find(facts)
    assert (found.kind, found.level) == (kind, level)
    assert cure in found.cure


def test_without_plex_only_what_the_disks_show_is_judged() -> None:
    assert find(replace(GOOD, plex_prefix="/other", locations=None, samples=())) == ()


def test_an_empty_array_of_a_proved_mapping_is_left_to_its_marker() -> None:
    assert find(replace(GOOD, array=RootFacts("/array", empty=True), samples=(), proved=True)) == ()


def test_every_kind_of_mistake_is_tried_here() -> None:
    assert {kind for _, kind, *_ in CASES.values()} == set(Kind) - {Kind.UNASKED, Kind.EXCHANGED}
