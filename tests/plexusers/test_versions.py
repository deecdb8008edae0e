"""Which files count when an item has several versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plexusers.models import Versions
from plexusers.plex import PlexFile
from plexusers.versions import Version, chosen


def version(name: str, height: int, *sizes: int, optimized: bool = False) -> Version:
    parts = tuple(PlexFile(f"/m/{name} cd{number}.mkv", size) for number, size in enumerate(sizes, 1))
    return Version(parts, height, optimized)


SHARP, PLAIN = version("4k", 2160, 60), version("hd", 1080, 20)
CUT = version("cut", 1080, 11, 12)
PHONE = version("phone", 480, 2, optimized=True)
VAST_PHONE = version("vast", 2160, 90, optimized=True)
UNMEASURED = version("unmeasured", 0, 0)


@pytest.mark.parametrize(
    ("policy", "versions", "expected"),
    [
        (Versions.ALL, [], []),
        (Versions.BEST, [], []),
        (Versions.SMALLEST, [], []),
        (Versions.ALL, [PLAIN, CUT, PHONE], [PLAIN, CUT, PHONE]),
        (Versions.BEST, [PLAIN, SHARP, PHONE], [SHARP]),
        (Versions.BEST, [PLAIN, CUT], [CUT]),
        (Versions.BEST, [PLAIN, VAST_PHONE], [PLAIN]),
        (Versions.BEST, [PHONE], [PHONE]),
        (Versions.BEST, [UNMEASURED, PHONE], [UNMEASURED]),
        (Versions.SMALLEST, [PLAIN, SHARP, PHONE], [PHONE]),
        (Versions.SMALLEST, [PLAIN, SHARP, CUT], [PLAIN]),
        (Versions.SMALLEST, [UNMEASURED, SHARP], [SHARP]),
        (Versions.SMALLEST, [UNMEASURED], [UNMEASURED]),
    ],
)
def test_the_files_that_count(policy: Versions, versions: list[Version], expected: list[Version]) -> None:
    assert chosen(versions, policy) == tuple(part for one in expected for part in one.parts)


def test_a_file_in_two_versions_is_one_file() -> None:
    assert chosen([PLAIN, PLAIN], Versions.ALL) == PLAIN.parts


made = st.builds(
    version, st.uuids().map(str), st.integers(0, 2160), st.integers(0, 99), st.integers(0, 99), optimized=st.booleans()
)


@given(st.lists(made, min_size=1, max_size=5), st.sampled_from(list(Versions)))
def test_a_version_comes_whole_or_not_at_all(versions: list[Version], policy: Versions) -> None:
    files = set(chosen(versions, policy))
    assert {files & set(one.parts) == set(one.parts) or not files & set(one.parts) for one in versions} == {True}
    assert files
