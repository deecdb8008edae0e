"""The tables of docs/planning.md, read and held to."""

import re

import pytest

from caching.planning.plan import make_plan
from caching.planning.sidecars import belongings
from caching.planning.values import Cached, FileKey, Rules, Sidecar, Situation, Storage, Want
from tests.conftest import PROJECT

NOW = 1_700_000_000
GB = 1024**3
SIZES = {"mkv": 10 * GB, "srt": GB, "jpg": 2 * GB}


def rows(heading: str) -> list[tuple[str, ...]]:
    """The rows of the table with this first row, as texts."""
    lines = (PROJECT / "docs/planning.md").read_text(encoding="utf-8").splitlines()
    found = []
    for line in lines[lines.index(heading) + 2 :]:
        if not line.startswith("|"):
            break
        found.append(tuple(cell.strip().replace("`", "") for cell in line.strip("|").split("|")))
    return found


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


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
