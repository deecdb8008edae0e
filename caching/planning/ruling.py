"""Rules: what may be cached, and what not. The first rule that hits a file decides about the wishes for it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from caching.planning.globs import compiled, plain
from caching.planning.score import PROTECTING
from caching.planning.values import FileKey, Rule, Rules, Subject, Want

DAY = 86400
EXEMPT = frozenset({*PROTECTING, "order"})
"""Wishes that no rule is asked about: what plays, what is pinned, what a person orders by hand."""
NOT_INCLUDED = "no rule includes it"
RESOLUTIONS = {"480": "sd", "576": "sd", "sd": "sd", "720": "720", "1080": "1080", "2k": "1080", "4k": "4k", "8k": "4k"}
"""Plex's words for resolutions, and what rules call them."""

Test = Callable[[Subject], bool | None]
"""Whether a condition holds; None when that is not known."""


class Refused(NamedTuple):
    """Why a wish does not count."""

    reason: str
    rule: str = ""
    """The name of the rule; empty when it is another reason."""
    is_unknown: bool = False
    """Whether only not enough is known: then what is cached stays."""


class Book:
    """The rules in their order, ready to be asked about many files at one moment (seconds since 1970)."""

    def __init__(self, rules: Sequence[Rule], *, only_included: bool = False, now: int) -> None:
        self._tests = [(rule, hits(rule, now)) for rule in rules]
        self._otherwise = Refused(NOT_INCLUDED) if only_included else None

    def why_not(self, subject: Subject) -> Refused | None:
        """Why the file may not be cached; None when it may."""
        return self._from(0, subject)

    def _from(self, place: int, subject: Subject) -> Refused | None:
        """By the rules from a place on."""
        for number in range(place, len(self._tests)):
            rule, test = self._tests[number]
            hit = test(subject)
            if hit is None:
                return self._unknown(rule, self._from(number + 1, subject))
            if hit:
                return None if rule.includes else Refused(f"excluded by the rule {rule.name}", rule.name)
        return self._otherwise

    def _unknown(self, rule: Rule, otherwise: Refused | None) -> Refused | None:
        """It is not known whether a rule hits, which does not matter when those after it come to the same."""
        if rule.includes == (otherwise is None):
            return otherwise
        word = "includes" if rule.includes else "excludes"
        reason = f"it is unknown whether the rule {rule.name} {word} it: the next cycle asks Plex again"
        return Refused(reason, rule.name, is_unknown=True)


def hits(rule: Rule, now: int) -> Test:
    """Whether a rule hits a file: all of its conditions hold. What is not known for sure is None, not False."""
    of_file, of_item, tagged = _of_file(rule), _of_item(rule, now), _tagged(rule)

    def test(subject: Subject) -> bool | None:
        for condition in of_file:
            if not condition(subject):
                return False
        if not subject.is_known:
            return None if of_item or tagged else True
        for condition in of_item:
            if not condition(subject):
                return False
        if all(condition(subject) for condition in tagged):
            return True
        return None if subject.section in rule.unknown else False

    return test


def _of_file(rule: Rule) -> list[Callable[[Subject], bool]]:
    """What is known of any file, the quickest first."""
    found: list[Callable[[Subject], bool]] = []
    larger, smaller = rule.larger_than, rule.smaller_than
    if larger is not None:
        found.append(lambda subject: subject.size > larger)
    if smaller is not None:
        found.append(lambda subject: 0 < subject.size < smaller)
    if rule.path:
        path = compiled(rule.path)
        found.append(lambda subject: path.match(plain(subject.path)) is not None)
    return found


def _of_item(rule: Rule, now: int) -> list[Callable[[Subject], bool]]:
    """What only the index of the library knows."""
    found: list[Callable[[Subject], bool]] = []
    if rule.sections:
        found.append(lambda subject: subject.section in rule.sections)
    if rule.resolutions:
        found.append(lambda subject: subject.resolution in rule.resolutions)
    if rule.kind:
        found.append(lambda subject: subject.kind == rule.kind)
    if rule.title:
        title = compiled(rule.title, ignore_case=True)
        found.append(lambda subject: title.match(plain(subject.title)) is not None)
    if rule.added_before is not None or rule.added_within is not None:
        found.append(lambda subject: _is_aged(subject.added_at, now, rule.added_before, rule.added_within))
    if rule.released_before is not None or rule.released_within is not None:
        found.append(lambda subject: _is_aged(subject.released_at, now, rule.released_before, rule.released_within))
    return found


def _tagged(rule: Rule) -> list[Callable[[Subject], bool]]:
    found: list[Callable[[Subject], bool]] = []
    if rule.labels:
        found.append(lambda subject: not rule.labels.isdisjoint(subject.labels))
    if rule.genres:
        found.append(lambda subject: not rule.genres.isdisjoint(subject.genres))
    return found


def _is_aged(since: int, now: int, before: int | None, within: int | None) -> bool:
    """Whether something was more than `before` and at most `within` days ago; what is not told is neither."""
    age = now - since
    return bool(since) and (before is None or age > before * DAY) and (within is None or age <= within * DAY)


def counting(wants: Sequence[Want], rules: Rules, now: int) -> tuple[Sequence[Want], dict[FileKey, Refused]]:
    """The wishes that the rules let count, and why others for a file do not."""
    if not rules.book and not rules.only_included:
        return wants, {}
    book = Book(rules.book, only_included=rules.only_included, now=now)
    known: dict[int, Refused | None] = {}
    counts: list[Want] = []
    refused: dict[FileKey, Refused] = {}
    for want in wants:
        why = None
        subject = want.subject
        if subject is not None and want.source not in EXEMPT:
            if id(subject) not in known:  # everybody who wants an item brings the same value of it
                known[id(subject)] = book.why_not(subject)
            why = known[id(subject)]
        if why is None:
            counts.append(want)
        else:
            refused[want.file] = min(why, refused.get(want.file, why), key=_unknown_first)
    return counts, refused


def _unknown_first(why: Refused) -> tuple[bool, str]:
    return not why.is_unknown, why.reason
