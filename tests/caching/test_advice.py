"""What would change a decision: sentences from facts."""

import pytest

from caching.advice import Facts, advice, reason_without_decision

WANTED = ("ondeck:1",)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts("none"), ["somebody's deck or watchlist"]),
        (Facts("none", covered=False), ["Add a path mapping", "somebody's deck"]),
        (Facts("none", switched_off="Kids"), ["Switch the library Kids on"]),
        (Facts("none", in_library=False), ["Let Plex scan"]),
        (Facts("none", other_version=True), ["Let all versions count"]),
        (Facts("none", watched_by=("Alex", "Kim", "Sam")), ["somebody's deck", "Alex, Kim and Sam watched it"]),
        (
            Facts("skip", WANTED, size=3 * 2**30, score=50, lowest=70),
            ["It needs 3.0 GB", "score is 50; the lowest of what stays there is 70", "Pin it"],
        ),
        (Facts("skip", problem=True), ["Mend what the reason names"]),
        (Facts("skip"), ["Nothing has to be done"]),
        (Facts("skip", cached=True, conflict=True), ["Look at the file"]),
        (Facts("keep", WANTED, ("Alex",)), ["nobody wants it any more: Alex watched it"]),
        (Facts("keep", ("pin",)), ["until it is unpinned"]),
        (Facts("keep", ("playing", "pin")), ["as long as it plays", "until it is unpinned"]),
        (Facts("keep"), ["what the reason names is over", "Pin it"]),
        (Facts("cache", WANTED), ["comes with the next cycle"]),
        (Facts("cache", WANTED, paused=True, dry_run=True), ["comes with", "is paused", "Dry run is on"]),
        (Facts("restore"), ["leaves with the next cycle", "Pin it"]),
        (Facts("evict", WANTED, score=55), ["to make room", "score is 55", "Pin it"]),
        (Facts("skip", rule="Kids"), ["Pin it", "Change the rule Kids"]),
        (Facts("skip", only_included=True), ["Pin it", "Make a rule that includes it"]),
        (Facts("skip", WANTED, limit="Sam's limit"), ["Pin it", "Raise Sam's limit"]),
        (
            Facts("evict", WANTED, score=55, limit="Sam's limit"),
            ["of the limit", "score is 55", "Pin", "Raise"],
        ),
        (Facts("none", rule="Kids"), ["somebody's deck", "Change the rule Kids"]),
        (Facts("cache", WANTED, belongs_to="Films/A.mkv"), ["with its video: ask about Films/A.mkv"]),
    ],
)
def test_every_decision_comes_with_what_would_change_it(facts: Facts, words: list[str]) -> None:
    sentences = advice(facts)
    assert len(sentences) == len(words), sentences
    assert [word for word, sentence in zip(words, sentences, strict=True) if word not in sentence] == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Facts("none"), "nobody wants it"),
        (Facts("none", in_library=False), "Plex's library does not have it"),
        (Facts("none", switched_off="Kids"), "its library, Kids, is switched off"),
        (Facts("none", other_version=True), "another version of it is wanted"),
    ],
)
def test_what_no_plan_speaks_of_has_a_reason_too(facts: Facts, reason: str) -> None:
    assert reason_without_decision(facts) == reason
