"""Which files belong to which videos, beyond the examples of the documentation: odd names, kinds, properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.planning.sidecars import OTHER_SIZE_LIMIT, Kind, belongings, is_video, joins, kind_of, owners, ownerships


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"a.srt", Kind.SUBTITLE), (b"a.SUB", Kind.SUBTITLE), (b"a.idx", Kind.SUBTITLE), (b"a.jpeg", Kind.ARTWORK),
        (b"a.tbn", Kind.ARTWORK), (b"a.nfo", Kind.INFO), (b"theme.mp3", Kind.THEME), (b"a.bif", Kind.OTHER),
        (b"a", Kind.OTHER), (b"a.mkv", None), (b"a.TS", None), (b".a.srt", None), (b"~a.srt", None), (b"a.srt~", None),
        (b"a.mkv.part", None), (b"a.srt.!qB", None), (b".cacherr.ab.orig", None), (b".cacherr-root", None),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_told_by_its_name(name: bytes, kind: Kind | None) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "size", "joining"),
    [
        (b"a.srt", 10**12, {"all", "subtitles"}),
        (b"a.jpg", 10**12, {"all"}),
        (b"a.edl", OTHER_SIZE_LIMIT, {"all"}),
        (b"a.edl", OTHER_SIZE_LIMIT + 1, set()),
        (b"a.mp4", 1, set()),
    ],
)
def test_the_setting_says_what_joins(name: bytes, size: int, joining: set[str]) -> None:
    assert {setting for setting in ("all", "subtitles", "none") if joins(name, size, setting)} == joining


@pytest.mark.parametrize(
    "stem", [b"\xff\xfe", b"line\nbreak", "Löwe & Söhne".encode(), b"a.b.c", b"-", b"[1080p] (2001)"]
)
def test_names_are_bytes_whatever_they_hold(stem: bytes) -> None:
    names = [stem + b".mkv", stem + b".en.srt", stem + b"-poster.jpg"]
    assert belongings(b"\xfe/d", names) == dict.fromkeys(
        (b"\xfe/d/" + name for name in names[1:]), b"\xfe/d/" + names[0]
    )


def test_a_case_pair_is_two_videos_each_with_its_own_subtitles() -> None:
    names = [b"Film.mkv", b"film.mkv", b"Film.srt", b"film.srt"]
    assert belongings(b"", names) == {b"Film.srt": b"Film.mkv", b"film.srt": b"film.mkv"}


def test_two_containers_of_one_name_share_their_sidecars() -> None:
    """A film that was upgraded from `.avi` to `.mkv` keeps its subtitles, whichever they are recorded with."""
    (belongs_to,) = belongings(b"d", [b"F.mkv", b"F.avi", b"F.srt"]).values()
    assert belongs_to == b"d/F.avi"
    assert owners(belongs_to) in ownerships(b"d/F.mkv")
    assert owners(belongs_to) in ownerships(b"d/F.avi")


def test_a_video_that_is_known_by_other_means_counts_although_its_name_is_not_seen() -> None:
    assert belongings(b"", [b"F 2.srt", b"F.srt"], known=[b"F.strange", b"F 2.mkv"]) == {
        b"F 2.srt": b"F 2.mkv",
        b"F.srt": b"F.strange",
    }


def test_everything_in_the_directory_for_subtitles_belongs_to_the_only_video_also_one_directory_deeper() -> None:
    names = [b"F.mkv", b"Subs/F/2_English.srt", b"Subs/Old name/3_German.srt", b"Subs/a/b/c.srt"]
    assert belongings(b"d", names) == {
        b"d/Subs/F/2_English.srt": b"d/F.mkv",
        b"d/Subs/Old name/3_German.srt": b"d/F.mkv",
    }


NAMES = st.builds(
    lambda stem, middle, end: stem + middle + end,
    st.sampled_from([b"F", b"F 2", b"F.2", b"f", b"\xff", b"poster", b"-"]),
    st.sampled_from([b"", b".en", b"-poster", b"-2", b".2"]),
    st.sampled_from([b".mkv", b".mp4", b".srt", b".jpg", b".nfo", b".part", b""]),
)


@given(st.lists(NAMES), st.sampled_from([b"", b"d"]))
def test_what_belongs_to_a_video_begins_with_its_name_and_the_order_does_not_matter(
    names: list[bytes], directory: bytes
) -> None:
    found = belongings(directory, names)
    assert belongings(directory, names[::-1]) == found
    for path, belongs_to in found.items():
        name = path.rpartition(b"/")[2]
        assert not is_video(name)
        if belongs_to.endswith(b"/"):
            assert belongs_to == b"d/"
        else:
            assert is_video(belongs_to)
            stem = belongs_to.rpartition(b"/")[2].rpartition(b".")[0]
            assert name.startswith((stem + b".", stem + b"-"))
