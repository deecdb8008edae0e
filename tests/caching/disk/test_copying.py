"""A copy has the bytes of its source, is refused when the source is not at rest, and is never believed unread."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caching import disk
from caching.disk.layout import WINDOW
from tests.caching.disk.conftest import mounted
from tests.caching.disk.ground import (
    MB,
    Ground,
    Meanwhile,
    Work,
    cached_bytes,
    drop_from_cache,
    leaving_nothing_open,
    write_with_holes,
)

SEVERAL_WINDOWS = 3 * WINDOW + 12_345
OVERWRITE = "with open(path, 'r+b') as file: file.write(b'not what was copied')"


# ---- bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "chunk"),
    [
        *((size, 65_536) for size in (0, 1, 4095, 4096, 65_535, 65_536, 65_537, 200_000)),
        *((size, MB) for size in (WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, SEVERAL_WINDOWS)),
        (SEVERAL_WINDOWS, 5 * MB),
        (SEVERAL_WINDOWS, 64 * MB),
        (SEVERAL_WINDOWS, 300_001),
        (70_000, 512),
    ],
)
def test_a_copy_has_the_bytes_and_the_hash_of_its_source(ground: Ground, size: int, chunk: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    with leaving_nothing_open():
        copied = ground.copy(chunk)
    ground.require_equal(copied)


def test_progress_grows_to_the_size_and_names_every_chunk(ground: Ground) -> None:
    ground.source.write_bytes(os.urandom(WINDOW + 5 * MB))
    told: list[int] = []
    ground.copy(MB, told.append)
    assert told == sorted(told)
    assert set(told) >= {*range(MB, WINDOW + 5 * MB + 1, MB)}
    assert told[-1] == WINDOW + 5 * MB


def test_a_name_that_is_taken_is_not_written_to(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    ground.temporary.write_bytes(b"somebody else's")
    with pytest.raises(FileExistsError):
        ground.copy()
    assert ground.temporary.read_bytes() == b"somebody else's"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_only_plain_files_are_copied(ground: Ground, make: object) -> None:
    assert callable(make)
    make(ground.source)
    with pytest.raises(disk.RefusedPathError):
        ground.copy()
    assert not ground.temporary.exists()


# ---- holes --------------------------------------------------------------------------------------------------------

RANGES = st.lists(
    st.tuples(st.integers(0, 5 * MB), st.binary(min_size=1, max_size=9000), st.integers(1, 40)), max_size=6
)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(0, 5 * MB), ranges=RANGES, chunk=st.sampled_from([512, 65_536, MB, 1_000_003]))
def test_any_layout_of_data_and_holes_is_copied_equal(
    size: int, ranges: list[tuple[int, bytes, int]], chunk: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        ground = Ground(Path(directory, "array"), Path(directory, "cache"))
        write_with_holes(ground.source, size, [(offset, content * times) for offset, content, times in ranges])
        ground.require_equal(ground.copy(chunk))


@pytest.mark.parametrize("size", [8 * MB, 100 * MB], ids=["small", "large"])
@pytest.mark.parametrize("where", ["start", "middle", "end", "nowhere"])
def test_a_file_with_holes_takes_no_more_room_when_copied(ground: Ground, size: int, where: str) -> None:
    offset = {"start": 0, "middle": size // 2, "end": size - MB}.get(where)
    write_with_holes(ground.source, size, [] if offset is None else [(offset, os.urandom(MB))])
    copied = ground.copy()
    assert abs(ground.temporary.stat().st_blocks - ground.source.stat().st_blocks) * 512 <= 64 * 1024
    ground.require_equal(copied)


# ---- a source that is not at rest -----------------------------------------------------------------------------------


def test_a_file_that_somebody_is_writing_is_refused_before_anything_is_made(ground: Ground) -> None:
    ground.source.write_bytes(b"half a film")
    lines = "import sys\nwith open(sys.argv[1], 'ab'):\n    print('open', flush=True)\n    sys.stdin.read()"
    command = [sys.executable, "-c", lines, str(ground.source)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with leaving_nothing_open(), pytest.raises(disk.SourceBusyError):
            ground.copy()
        assert not ground.temporary.exists()
        writer.communicate()
    ground.require_equal(ground.copy())


def test_a_file_that_is_only_read_is_copied(ground: Ground) -> None:
    ground.source.write_bytes(b"film")
    with ground.source.open("rb"):
        ground.require_equal(ground.copy())


CHANGES = {
    "grows": "with open(path, 'ab') as file: file.write(b'more')",
    "shrinks": "os.truncate(path, 1000)",
    "is written to": "with open(path, 'r+b') as file: file.write(b'other')",
    "is written to and dated back": (
        "old = os.stat(path)\nwith open(path, 'r+b') as file: file.write(b'other')\n"
        "os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))"
    ),
    "is replaced": "open(path + '.new', 'wb').write(b'new'); os.rename(path + '.new', path)",
}


@pytest.mark.parametrize("size", [200_000, WINDOW + MB], ids=["small", "large"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_source_that_changes_while_it_is_copied_ends_the_copy(ground: Ground, change: str, size: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    meanwhile = Meanwhile(Work(change, ground.source))
    with leaving_nothing_open(), pytest.raises(disk.SourceChangedError):
        ground.copy(65_536, meanwhile)
    assert meanwhile.done


# ---- a copy that is not believed unread ---------------------------------------------------------------------------


@pytest.mark.parametrize("size", [200_000, SEVERAL_WINDOWS], ids=["small", "large"])
def test_a_copy_that_reads_back_differently_is_noticed(ground: Ground, size: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    meanwhile = Meanwhile(Work(OVERWRITE, ground.temporary))
    with leaving_nothing_open(), pytest.raises(disk.CopyFailedError, match="read back"):
        ground.copy(65_536, meanwhile)
    assert meanwhile.done


def test_a_difference_in_the_last_window_is_noticed(ground: Ground) -> None:
    ground.source.write_bytes(os.urandom(SEVERAL_WINDOWS))
    overwrite = f"with open(path, 'r+b') as file: file.seek({3 * WINDOW + 5}); file.write(b'x' * 50)"
    with pytest.raises(disk.CopyFailedError, match="read back"):
        ground.copy(4096, Meanwhile(Work(overwrite, ground.temporary), after=3 * WINDOW + 8192))


def test_a_copy_that_somebody_makes_longer_is_noticed(ground: Ground) -> None:
    ground.source.write_bytes(os.urandom(200_000))
    longer = "with open(path, 'ab') as file: file.write(b'more')"
    with pytest.raises(disk.CopyFailedError, match="wrote to the unfinished copy"):
        ground.copy(MB, Meanwhile(Work(longer, ground.temporary)))


# ---- a target that cannot be read past the page cache ---------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 200_000, SEVERAL_WINDOWS])
def test_a_copy_is_equal_and_compared_where_there_is_no_direct_access(plain_disk: Ground, size: int) -> None:
    plain_disk.source.write_bytes(os.urandom(size))
    told: list[int] = []
    with leaving_nothing_open():
        plain_disk.require_equal(plain_disk.copy(MB, told.append))
    assert told.count(size) >= min(size, 2), "it is read back at the end"


def test_a_difference_is_noticed_where_there_is_no_direct_access(plain_disk: Ground) -> None:
    plain_disk.source.write_bytes(os.urandom(SEVERAL_WINDOWS))
    with leaving_nothing_open(), pytest.raises(disk.CopyFailedError, match="read back"):
        plain_disk.copy(MB, Meanwhile(Work(OVERWRITE, plain_disk.temporary), after=2 * WINDOW))


# ---- cancelling ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, WINDOW, 2 * WINDOW + MB, SEVERAL_WINDOWS])
def test_a_cancel_ends_thread_and_descriptors_and_leaves_the_temporary_to_the_caller(
    ground: Ground, after: int
) -> None:
    ground.source.write_bytes(os.urandom(SEVERAL_WINDOWS))

    def cancel(done: int) -> None:
        if done >= after:
            raise disk.Cancelled

    with leaving_nothing_open(), pytest.raises(disk.Cancelled):
        ground.copy(MB, cancel)
    assert ground.temporary.exists()
    assert os.listdir(ground.cache) == [ground.temporary.name]


def test_a_small_copy_can_be_cancelled_while_it_is_read_back(ground: Ground) -> None:
    ground.source.write_bytes(os.urandom(5 * MB))
    told: list[int] = []

    def cancel_at_the_second_end(done: int) -> None:
        told.append(done)
        if told.count(5 * MB) == 2:
            raise disk.Cancelled

    with leaving_nothing_open(), pytest.raises(disk.Cancelled):
        ground.copy(MB, cancel_at_the_second_end)


# ---- room ---------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_fit_is_refused_before_anything_is_made(small_disk: Ground) -> None:
    small_disk.source.write_bytes(os.urandom(9 * MB))
    with pytest.raises(disk.CopyFailedError, match="disk is full"):
        small_disk.copy()
    assert not small_disk.temporary.exists()


def test_a_disk_that_fills_up_meanwhile_ends_the_copy_with_a_cure(small_disk: Ground) -> None:
    small_disk.source.write_bytes(os.urandom(6 * MB))
    fill = "open(path, 'wb').write(bytes(4_000_000))"
    meanwhile = Meanwhile(Work(fill, small_disk.cache / "other"))
    with leaving_nothing_open(), pytest.raises(disk.CopyFailedError, match="disk is full") as raised:
        small_disk.copy(65_536, meanwhile)
    assert raised.value.cure
    assert isinstance(raised.value.__cause__, OSError)


def test_what_shall_stay_free_is_not_filled_by_several_copies_at_once(tmp_path: Path) -> None:
    """The second begins while the first has written little, and has its room all the same."""
    with mounted(tmp_path / "small", "tmpfs", "size=80m") as at:
        first, second = Ground(tmp_path / "array", at / "cache"), Ground(tmp_path / "more", at / "beside")
        for ground in (first, second):
            ground.source.write_bytes(b"x" * 20 * MB)
        with pytest.raises(disk.CopyFailedError, match=r"20\.0 MB are needed, 60\.0 MB are free, and 45\.0 MB shall"):
            first.copy(progress=lambda _done: second.require_equal(second.copy(keep_free=45 * MB)))
        first.temporary.unlink()
        second.require_equal(second.copy(keep_free=45 * MB))


def test_an_empty_file_needs_none_of_what_shall_stay_free(small_disk: Ground) -> None:
    small_disk.source.write_bytes(b"")
    small_disk.require_equal(small_disk.copy(keep_free=100 * MB))


def test_only_the_data_of_a_file_with_holes_needs_room(small_disk: Ground) -> None:
    write_with_holes(small_disk.source, 40 * MB, [(30 * MB, os.urandom(3 * MB))])
    small_disk.require_equal(small_disk.copy())


# ---- the page cache -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [MB, 65_536], ids=["past the cache", "through the cache"])
@pytest.mark.parametrize("size", [3 * MB, SEVERAL_WINDOWS], ids=["small", "large"])
def test_neither_source_nor_copy_stays_in_the_page_cache(ground: Ground, size: int, chunk: int) -> None:
    ground.source.write_bytes(os.urandom(size))
    drop_from_cache(ground.source)
    if cached_bytes(ground.source):
        pytest.skip("files here are kept in memory")
    ground.copy(chunk)
    assert (cached_bytes(ground.source), cached_bytes(ground.temporary)) == (0, 0)


def test_a_cancelled_copy_leaves_nothing_of_the_source_in_the_page_cache(ground: Ground) -> None:
    ground.source.write_bytes(os.urandom(SEVERAL_WINDOWS))
    drop_from_cache(ground.source)
    if cached_bytes(ground.source):
        pytest.skip("files here are kept in memory")

    def cancel(done: int) -> None:
        if done > WINDOW + MB:
            raise disk.Cancelled

    with pytest.raises(disk.Cancelled):
        ground.copy(MB, cancel)
    assert cached_bytes(ground.source) == 0
