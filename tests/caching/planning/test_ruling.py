"""Rules and limits: the tables of docs/planning.md, the reasons, patterns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caching.planning.globs import compiled, plain, problem_of_path
from caching.planning.plan import make_plan
from caching.planning.ruling import Book
from caching.planning.values import (
    Action,
    Cached,
    Decision,
    FileKey,
    Limit,
    Rule,
    Rules,
    Situation,
    Storage,
    Subject,
    Want,
)
from tests.caching.planning.tables import rows, words

NOW = 1_700_000_000
GB, DAY = 1024**3, 86400
HOLD = 12 * 3600
FILM = FileKey("ssd", b"Film.mkv")
SECTIONS = {"Films": "1", "Series": "2"}
AMPLE = (Storage("ssd", 10_000 * GB, 10_000 * GB),)


def amount(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def after(word: str, text: str) -> list[str]:
    """What follows a word in the parts that begin with it."""
    return [part.removeprefix(f"{word} ") for part in words(text, " and ") if part.startswith(f"{word} ")]


def rule(text: str, circumstances: str) -> Rule:
    action, _, conditions = text.partition(" ")
    size = amount(r"than (\d+) GB", conditions)
    return Rule(
        text, action == "include",
        sections=frozenset(SECTIONS[word] for word in after("library", conditions)),
        kind="".join(after("kind", conditions)),
        title="".join(after("title", conditions)),
        labels=frozenset(word.casefold() for word in after("label", conditions)),
        genres=frozenset(word.casefold() for word in after("genre", conditions)),
        path="".join(after("path", conditions)),
        larger_than=size * GB if size and "larger" in conditions else None,
        smaller_than=size * GB if size and "smaller" in conditions else None,
        resolutions=frozenset(after("resolution", conditions)),
        added_before=amount(r"added more than (\d+) days", conditions),
        added_within=amount(r"added in the last (\d+) days", conditions),
        released_before=amount(r"released more than (\d+) days", conditions),
        released_within=amount(r"released in the last (\d+) days", conditions),
        unknown=frozenset({"1"} if "its labels are unknown" in circumstances else ()),
    )  # fmt: skip


def subject(said: list[str]) -> Subject:
    def of(word: str) -> list[str]:
        return [part.removeprefix(f"{word} ") for part in said if part.startswith(f"{word} ")]

    text = ", ".join(said)
    kind = "episode" if "episode" in said else "movie"
    added, released = (amount(rf"{word} (\d+) days ago", text) for word in ("added", "released"))
    if "not in the index" in said:
        return Subject((of("at") or ["/data/Film.mkv"])[0], 10 * GB, is_known=False)
    return Subject(
        (of("at") or ["/data/Film.mkv"])[0], (amount(r"(\d+) GB", text) or 10) * GB,
        resolution=next((part for part in said if part in {"4k", "1080"}), ""),
        section=SECTIONS["Series" if kind == "episode" else "Films"], kind=kind, title=(of("named") or ["Film"])[0],
        labels=frozenset(word.casefold() for word in of("label")),
        genres=frozenset(word.casefold() for word in of("genre")),
        added_at=NOW - (added or 1) * DAY, released_at=0 if released is None else NOW - released * DAY,
    )  # fmt: skip


def decided(rules: str, file: str) -> Decision:
    said = words(file)
    sources = {"plays": "playing", "pinned": "pin", "ordered by hand": "order"}
    source = next((sources[part] for part in said if part in sources), "ondeck")
    about = subject(said)
    cached = Cached(FILM, about.size, NOW - (0 if "held" in said else 10 * DAY), frozenset({"ondeck:42"}))
    unknown = {"the deck is unknown": "ondeck:42", "it is unknown what plays": "playing"}
    situation = Situation(
        NOW,
        wants=(Want(FILM, about.size, source, "Sam", "wanted", since=NOW, subject=about),),
        cached=(cached,) if "cached" in said else (),
        storages=AMPLE,
        unknown_claims=frozenset(unknown[part] for part in said if part in unknown),
        rules=Rules(
            HOLD,
            book=tuple(rule(text, file) for text in words(rules, ";") if not text.startswith("only")),
            only_included="only what is included" in rules,
        ),
    )
    (decision,) = make_plan(situation).decisions
    return decision


EXAMPLES = rows("| the rules, in their order | a file | what happens |")


@pytest.mark.parametrize(("rules", "file", "action"), EXAMPLES)
def test_rules_decide_as_the_documentation_says(rules: str, file: str, action: str) -> None:
    assert decided(rules, file).action.value == action


@pytest.mark.parametrize(
    ("rules", "file", "reason"),
    [
        ("exclude label Kids", "film, label Kids", "excluded by the rule exclude label Kids"),
        ("exclude label Kids", "film, label Kids, cached", "excluded by the rule exclude label Kids"),
        ("exclude label Kids", "film, label Kids, cached, held", "; stays for another 12.0 h of its minimum hold"),
        ("only what is included", "film", "no rule includes it"),
        ("exclude library Films", "not in the index", "it is unknown whether the rule exclude library Films excludes"),
        ("include label A; only what is included", "film, its labels are unknown", "the rule include label A includes"),
    ],
)
def test_a_decision_names_the_rule(rules: str, file: str, reason: str) -> None:
    decision = decided(rules, file)
    assert reason in decision.reason
    assert decision.rule == ("" if rules.startswith("only") else rules.partition(";")[0])
    assert not decision.problem


# ---- limits ---------------------------------------------------------------------------------------------------------

BIG = {"A": 40 * GB, "B": 45 * GB, "C": 10 * GB, "D": 5 * GB}
CLAIMS = {"Sam": "ondeck:1", "Kim": "ondeck:2", "list": "list:7"}


def limit(text: str) -> Limit:
    who, number, unit = text.split()
    size, files = (int(number) * GB, None) if unit == "GB" else (None, int(number))
    if who in SECTIONS:
        return Limit("the limit of the library Films", size, files, section=SECTIONS[who])
    return Limit(f"{who}'s limit", size, files, frozenset({CLAIMS[who]}))


def wish(text: str) -> Want | None:
    found = re.fullmatch(r"(\w+) ([A-D]) (\d+)", text)
    pinned = re.fullmatch(r"([A-D]) is pinned", text)
    if not found and not pinned:
        return None
    letter = found[2] if found else pinned[1] if pinned else ""
    who, claim, score = (found[1], CLAIMS[found[1]], int(found[3])) if found else ("the owner", "pin", 50)
    key, size = FileKey("ssd", f"{letter}.mkv".encode()), BIG[letter]
    about = Subject(f"/data/{letter}.mkv", size, section="1", kind="movie", title=letter)
    source = "list" if found else "pin"
    return Want(key, size, source, who, "wanted", since=NOW, claim=claim, priority=score, subject=about)


def limited(limits: str, there: str, wanted: str) -> Situation:
    held = "both are held" in wanted
    return Situation(
        NOW,
        wants=tuple(found for text in words(wanted) if (found := wish(text))),
        cached=tuple(
            Cached(FileKey("ssd", f"{letter}.mkv".encode()), BIG[letter], NOW - (0 if held else 10 * DAY),
                   frozenset({"ondeck:1"}), section="1")
            for letter in words(there)
        ),
        storages=AMPLE,
        rules=Rules(HOLD, limits=tuple(map(limit, words(limits)))),
    )  # fmt: skip


LIMITED = rows("| limits | cached already | wanted, with scores | what happens |")


@pytest.mark.parametrize(("limits", "there", "wanted", "plan"), LIMITED)
def test_limits_hold_as_the_documentation_says(limits: str, there: str, wanted: str, plan: str) -> None:
    made = make_plan(limited(limits, there, wanted))
    assert {f"{one.action} {one.name.removesuffix('.mkv')}" for one in made.decisions} == set(words(plan))


@pytest.mark.parametrize(
    ("limits", "there", "wanted", "action", "reason"),
    [
        ("Sam 50 GB", "", "Sam A 70, Sam B 60", Action.SKIP, "Sam's limit of 50.0 GB is used up: 45.0 GB needed, 10.0"),
        ("Sam 20 GB", "", "Sam A 70", Action.SKIP, "larger than Sam's limit of 20.0 GB"),
        ("Sam 1 file", "", "Sam A 70, Sam B 60", Action.SKIP, "Sam's limit of 1 file is used up"),
        ("Films 50 GB", "", "Sam A 70, Kim B 60", Action.SKIP, "the limit of the library Films of 50.0 GB is used up"),
        (
            "Sam 50 GB", "A", "Sam A 60, Sam B 66", Action.EVICT,
            "to make room within Sam's limit for B.mkv (score 66): its score is 60",
        ),
        ("Sam 50 GB", "A, B", "Sam A 60, Sam B 66", Action.EVICT, "is used up: 40.0 GB needed, 5.0 GB left: its score"),
    ],
)  # fmt: skip
def test_a_decision_names_the_limit(limits: str, there: str, wanted: str, action: Action, reason: str) -> None:
    (one,) = make_plan(limited(limits, there, wanted)).of(action)
    assert reason in one.reason
    assert one.limit in {"Sam's limit", "the limit of the library Films"}
    assert not one.problem


# ---- patterns -------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("ab/[]().\\\n*?é") | st.characters(codec="utf-8"), max_size=12)


@given(TEXTS)
def test_a_name_fits_itself_and_a_star(name: str) -> None:
    assert compiled(name).match(plain(name))
    assert compiled("*").match(plain(name))
    assert compiled("?" * len(plain(name))).match(plain(name))


@given(TEXTS, TEXTS, TEXTS)
def test_a_star_stands_for_anything(before: str, between: str, behind: str) -> None:
    assert compiled(f"{before}*{behind}").match(plain(before) + plain(between) + plain(behind))


@given(st.text(st.sampled_from("ab[]-!"), max_size=6), st.text(st.sampled_from("ab[]-!"), max_size=6))
def test_brackets_stand_for_themselves(pattern: str, name: str) -> None:
    assert bool(compiled(pattern).match(name)) == (pattern == name)


def test_letters_with_accents_are_the_same_however_they_are_put_together() -> None:
    assert compiled("*/Amélie.mkv").match(plain("/data/Ame\u0301lie.mkv"))


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", ""), ("/data/*", ""), ("*Kids*", ""), ("?:/x", ""), ("D:\\Films\\*", ""), ("\\\\nas\\films\\*", ""),
        ("*", "leave it empty"), ("**", "leave it empty"), ("Kids", "write */Kids/*"), ("/a\0b", "NUL"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_meant_is_named(pattern: str, problem: str) -> None:
    said = problem_of_path(pattern)
    assert problem in said if problem else not said


def test_a_rule_without_conditions_hits_everything() -> None:
    assert Book([Rule("all")], now=NOW).why_not(Subject("/x", 1, is_known=False)) is not None
