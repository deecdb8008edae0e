"""What is playing, as a step sees it right before it takes something away."""

import pytest

from caching.models import Operation, PathMapping
from caching.playing import Playing
from plexusers.plex import PlexFile, PlexItem
from plexusers.wants import Answer, Want

MAPPING = PathMapping(name="m", plex_prefix="/plex", array_root="/array", cache_root="/cache", cache_id="c")


class Plex:
    """Answers what it is told to, and counts how often it is asked."""

    def __init__(self, *paths: str, failed: str = "") -> None:
        self.paths, self.failed, self.asked = paths, failed, 0

    def __call__(self) -> Answer:
        self.asked += 1
        item = PlexItem("1", "movie", "Film", tuple(PlexFile(path, 1) for path in self.paths), 0, None)
        wants = (Want(item, "playing", "anybody", "playing now"),) if self.paths else ()
        return Answer("playing", "anybody", () if self.failed else wants, self.failed)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def file(path: bytes, belongs_to: bytes = b"", cache: str = "c", plex_path: str = "") -> Operation:
    return Operation(path=path, belongs_to=belongs_to, cache_id=cache, plex_path=plex_path)


FILES = [
    (file(b"Film/Film.mkv"), True),
    (file(b"Film/Film.en.srt", b"Film/Film.mkv"), True),
    (file(b"Film/poster.jpg", b"Film/"), True),
    (file(b"Other/Film.mkv"), False),
    (file(b"Other/poster.jpg", b"Other/"), False),
    (file(b"Film/Film 2.mkv"), False),
    (file(b"Film/Film 2.srt", b"Film/Film 2.mkv"), False),
    (file(b"Film/Film.mkv", cache="another"), False),
]


@pytest.mark.parametrize(("row", "held"), FILES)
def test_a_playing_video_and_its_sidecars_are_held(row: Operation, held: bool) -> None:
    playing = Playing(Plex("/plex/Film/Film.mkv"), [MAPPING])
    assert bool(playing.holds(row)) is held


def test_a_video_that_was_renamed_while_cached_is_held_under_both_names() -> None:
    row = Operation(path=b"Film/Film.mkv", renamed_to=b"Film/New.mkv", cache_id="c")
    assert Playing(Plex("/plex/Film/New.mkv"), [MAPPING]).holds(row)
    assert Playing(Plex("/plex/Film/Film.mkv"), [MAPPING]).holds(row)


def test_every_file_of_what_is_playing_is_held() -> None:
    playing = Playing(Plex("/plex/Film/Film - pt1.mkv", "/plex/Film/Film - pt2.mkv"), [MAPPING])
    assert all(playing.holds(file(b"Film/Film - pt%d.mkv" % number)) for number in (1, 2))


def test_unknown_is_held_unless_a_person_ordered_it() -> None:
    away = Plex(failed="Plex is away.")
    assert "Plex is away." in Playing(away, [MAPPING]).holds(file(b"Film/Film.mkv"))
    assert Playing(away, [MAPPING], trusting=True).holds(file(b"Film/Film.mkv")) == ""


def test_plex_is_asked_again_after_two_seconds_and_not_before() -> None:
    plex, clock = Plex(), Clock()
    playing = Playing(plex, [MAPPING], clock=clock)
    for clock.now in (0.0, 1.9, 2.1, 2.2, 4.2):
        playing.holds(file(b"Film/Film.mkv"))
    assert plex.asked == 3


def test_a_failing_plex_is_not_asked_for_each_file() -> None:
    plex, clock = Plex(failed="away"), Clock()
    playing = Playing(plex, [MAPPING], clock=clock)
    for clock.now in (0.0, 5.0, 10.0, 16.0):
        playing.holds(file(b"Film/Film.mkv"))
    assert plex.asked == 2


def test_what_lies_outside_every_mapping_is_streaming_all_the_same() -> None:
    playing = Playing(Plex("/music/song.flac"), [MAPPING])
    assert playing.anybody()
    assert not Playing(Plex(), [MAPPING]).anybody()


ELSEWHERE = [
    (file(b"Film/Film.mkv", plex_path="/old/Film/Film.mkv"), True),
    (file(b"Film/Film.mkv", plex_path=r"\\\\old\Film\Film.mkv"), True),
    (file(b"Film/Film.en.srt", b"Film/Film.mkv", plex_path="/old/Film/Film.en.srt"), True),
    (file(b"Film/poster.jpg", b"Film/", plex_path="/old/Film/poster.jpg"), True),
    (file(b"Film/Film.mkv", plex_path="/older/Film/Film.mkv"), False),
    (file(b"Film/poster.jpg", b"Film/", plex_path="/older/Film/poster.jpg"), False),
    (file(b"Other/poster.jpg", b"Other/", plex_path="/old/Other/poster.jpg"), False),
    (file(b"Film/Film.mkv"), False),
    (file(b"Film/poster.jpg", b"Film/"), False),
]


@pytest.mark.parametrize("mappings", [[], [MAPPING]])
@pytest.mark.parametrize(("row", "held"), ELSEWHERE)
def test_what_plays_is_held_also_when_its_mapping_was_switched_off_or_changed(
    row: Operation, held: bool, mappings: list[PathMapping]
) -> None:
    playing = Playing(Plex("/old/Film/Film.mkv", ""), mappings)
    assert bool(playing.holds(row)) is held
