"""The tables of docs/planning.md, read and held to."""

import re

import pytest

from caching.planning.plan import make_plan
from caching.planning.sidecars import belongings
from caching.planning.values import Action, Cached, Eviction, FileKey, Rules, Sidecar, Situation, Storage, Want
from tests.caching.planning.tables import rows, words

NOW = 1_700_000_000
GB = 1024**3
SIZES = {"mkv": 10 * GB, "srt": GB, "jpg": 2 * GB}


@pytest.mark.parametrize(("videos", "file", "belongs_to"), rows("| videos in the directory | file | belongs to |"))
def test_a_file_belongs_to_what_the_documentation_says(videos: str, file: str, belongs_to: str) -> None:
    names = [name.encode() for name in [*words(videos), file]]
    expected = {"nothing": None, "every video": b"Films/"}.get(belongs_to, b"Films/" + belongs_to.encode())
    assert belongings(b"Films", names).get(b"Films/" + file.encode()) == expected


def path(word: str) -> bytes:
    return b"Films/" + (word if "." in word else f"{word}.mkv").encode()


def size(word: str) -> int:
    return SIZES[path(word).decode().rpartition(".")[2]]


def owner(word: str) -> bytes:
    return {"srt": path(word[0]), "jpg": b"Films/"}.get(word.rpartition(".")[2], b"")


def want(word: str, source: str = "ondeck") -> Want:
    return Want(FileKey("ssd", path(word)), size(word), source, "Alex", "on deck", since=NOW)


def watched_at(word: str, circumstances: str) -> int | None:
    hours = re.search(rf"\b{re.escape(word)} was watched (\d+) hours ago", circumstances)
    return NOW - int(hours[1]) * 3600 if hours else None


def cached(word: str, circumstances: str) -> Cached:
    said = dict.fromkeys(re.findall(rf"\b{re.escape(word)} (?:is|was) (?:in )?(\w+)", circumstances))
    return Cached(
        FileKey("ssd", path(word)), size(word), NOW if "held" in said else 0, frozenset({"ondeck"}),
        changed="changed" if "changed" in said else "", rescued="rescued" in said,
        conflict="conflict" if "conflict" in said else "", belongs_to=owner(word),
        watched_at=watched_at(word, circumstances),
    )  # fmt: skip


def situation(there: str, wanted: str, circumstances: str) -> Situation:
    room = re.search(r"room for (\d+) GB", circumstances)
    setting = re.search(r"associated files: (\w+)", circumstances)
    unknown = {"the deck is unknown": "ondeck", "it is unknown what plays": "playing"}
    known = ["A", "B", *words(there), *words(wanted)]
    return Situation(
        NOW,
        wants=(*map(want, words(wanted)), *(want(word, "playing") for word in re.findall(r"(\w+) plays", circumstances)
                                             if word in known)),
        cached=tuple(cached(word, circumstances) for word in words(there)),
        storages=(Storage("ssd", 100 * GB, int(room[1]) * GB if room else 100 * GB),),
        unknown_claims=frozenset(source for text, source in unknown.items() if text in circumstances),
        rules=Rules(associated_files=setting[1] if setting else "all"),
        sidecars=tuple(
            Sidecar(FileKey("ssd", path(word)), size(word), owner(word)) for word in ("A.srt", "B.srt", "poster.jpg")
        ),
    )  # fmt: skip


EXAMPLES = rows("| cached | wanted | and | the plan |")


def test_the_documentation_has_examples_of_every_decision() -> None:
    assert {word.split()[0] for *_, plan in EXAMPLES for word in words(plan)} == {"cache", "keep", "restore", "skip"}


@pytest.mark.parametrize(("there", "wanted", "circumstances", "plan"), EXAMPLES)
def test_a_plan_is_what_the_documentation_says(there: str, wanted: str, circumstances: str, plan: str) -> None:
    made = make_plan(situation(there, wanted, circumstances))
    decided = {
        f"{decision.action} {decision.name.removeprefix('Films/').removesuffix('.mkv')}" for decision in made.decisions
    }
    assert decided == set(words(plan))


# ---- room -----------------------------------------------------------------------------------------------------------

BIG = {"A": 40 * GB, "B": 45 * GB, "C": 10 * GB, "D": 5 * GB, "E": 110 * GB}
DAY = 86400


def number(pattern: str, text: str, otherwise: int) -> int:
    found = re.search(pattern, text)
    return int(found[1]) if found else otherwise


def big(letter: str) -> FileKey:
    return FileKey("ssd", path(letter))


def wish(letter: str, score: int, circumstances: str) -> Want:
    sources = {f"{letter} plays": "playing", f"{letter} is pinned": "pin"}
    source = next((source for text, source in sources.items() if text in circumstances), "list")
    age = number(rf"\b{letter} is (\d+) days old", circumstances, 0) * DAY
    return Want(big(letter), BIG[letter], source, "Alex", "on a list", since=NOW - age, priority=score)


def short_of_room(there: str, wanted: str, circumstances: str) -> Situation:
    rules = Rules(
        minimum_hold=200 * DAY if "held" in circumstances else 0,
        eviction=next((mode for mode in Eviction if mode in circumstances), Eviction.SMART),
        threshold_percent=90,
        target_percent=80,
        expiry=(("list", number(r"expire after (\d+) days", circumstances, 0) * DAY),),
    )
    free = number(r"(\d+) GB are free", circumstances, -1)
    storage = Storage(
        "ssd", 1000 * GB, 1000 * GB if free < 0 else free * GB,
        number(r"limit (\d+) GB", circumstances, 100) * GB if free < 0 else None,
        minimum_free=number(r"keep (\d+) GB free", circumstances, 0) * GB,
        reserve=number(r"reserve (\d+) GB", circumstances, 0) * GB,
    )  # fmt: skip
    return Situation(
        NOW,
        wants=tuple(wish(word[0], int(word[2:]), circumstances) for word in words(wanted)),
        cached=tuple(
            Cached(big(letter), BIG[letter], NOW - (100 - place) * DAY, frozenset({"ondeck"}),
                   watched_at=watched_at(letter, circumstances))
            for place, letter in enumerate(words(there))
        ),
        storages=(storage,),
        unknown_claims=frozenset({"ondeck"} if "the deck is unknown" in circumstances else ()),
        rules=rules,
    )  # fmt: skip


ROOM = rows("| cached already | wanted, with scores | and | what happens |")


def test_the_examples_of_room_have_every_decision_and_every_mode() -> None:
    assert {word.split()[0] for *_, plan in ROOM for word in words(plan)} == {action.value for action in Action}
    assert {"none", "fifo", "reserve"} <= {word.split()[0] for _, _, rules, _ in ROOM for word in words(rules)}


@pytest.mark.parametrize(("there", "wanted", "circumstances", "plan"), ROOM)
def test_room_is_given_as_the_documentation_says(there: str, wanted: str, circumstances: str, plan: str) -> None:
    made = make_plan(short_of_room(there, wanted, circumstances))
    decided = {f"{one.action} {one.name.removeprefix('Films/').removesuffix('.mkv')}" for one in made.decisions}
    assert decided == set(words(plan))


@pytest.mark.parametrize(
    ("there", "wanted", "circumstances", "reason"),
    [
        ("A, B", "A 70, B 60, C 66", "", "to make room for Films/C.mkv (score 66): its score is 60"),
        (
            "A, B",
            "A 70, B 60",
            "limit 90 GB",
            "more than 90% of the budget of 90.0 GB would be in use: its score is 60",
        ),
        ("A, B", "A 70, B 60", "limit 90 GB, fifo", "would be in use: it was cached first"),
        ("A, B", "A 70, C 60", "B was watched 2 hours ago", "to make room for Films/C.mkv (score 60): nobody wants it"),
    ],
)
def test_an_eviction_says_for_what(there: str, wanted: str, circumstances: str, reason: str) -> None:
    (one,) = make_plan(short_of_room(there, wanted, circumstances)).of(Action.EVICT)
    assert reason in one.reason
