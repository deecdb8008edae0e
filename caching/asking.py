"""The first phases of a cycle: everybody is asked what they want, one after the other. A failing source is unknown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone

from cacherr.errors import ConfigurationError, PlexError
from cacherr.overrides import is_supposing
from caching import pinning
from caching.models import Phase
from caching.rulebook import reading
from importlists.wants import wanted
from plexusers import deck, discovery, indexing, recent, sources, tagging, watching, watchlists
from plexusers.coming import is_followed
from plexusers.models import PlaySession, UserKind, Versions, WatchPolicy
from plexusers.plex import Plex
from plexusers.preferences import Person, everybody
from plexusers.server import connect
from plexusers.shelf import Shelf
from plexusers.tokens import connect_as
from plexusers.wants import Answer, playing_now

Tell = Callable[[Phase, int, int], None]
"""Told of a phase, how many things there are in it, and how many are done."""
ASLEEP = timedelta(days=1)
"""Whoever the activity filter leaves out is looked at this often: a change on deck brings them back."""
NOBODY = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What everybody answered, and the connection to the server as its owner."""

    plex: Plex
    answers: tuple[Answer, ...]
    troubles: tuple[tuple[str, str, str], ...] = ()
    """What else went wrong: the source, whose it is, and why."""

    @property
    def trouble(self) -> str:
        """What is unknown and why, on one line; empty when all is well."""
        unknown = ((one.source, one.who, one.failed) for one in self.answers if one.failed)
        return " ".join(sources.lines((*self.troubles, *unknown)))


def ask(tell: Tell) -> Asked:
    """Ask everybody. Raises ConfigurationError, PlexError: without the server's owner nothing is known."""
    return _Asking(tell, timezone.now()).run()


def since(answers: Iterable[Answer]) -> set[str]:
    """What was pinned or began to come next since these answers were given, as paths of Plex. From rows: no request.

    Whoever pins or plays then finds no operation yet that could be ended.
    """
    return {path for _, path in _named(_Asking(_tell_nobody, timezone.now()).by_rows()) - _named(answers)}


def _named(answers: Iterable[Answer]) -> set[tuple[str, str]]:
    """What is wanted, each path with the claim."""
    wants = (want for answer in answers for want in answer.wants)
    return {(want.name, file.path) for want in wants for file in want.item.files}


def _tell_nobody(phase: Phase, total: int, done: int) -> None:
    """Rows answer at once."""


class _Asking:
    """One round of questions."""

    def __init__(self, tell: Tell, now: datetime) -> None:
        self._tell = tell
        self._now = now
        self._policy = WatchPolicy.effective()
        self._shelf = Shelf(Versions(self._policy.versions))
        self._doubts: dict[int, str] = {}
        """By user (primary key): why what is known of them is not good enough to let anything leave."""

    def run(self) -> Asked:
        self._tell(Phase.USERS, 0, 0)
        plex = connect()
        failures = {discovery.SOURCE: discovery.keep_up().failed, indexing.SOURCE: indexing.refresh(plex).failed}
        failures[tagging.SOURCE] = tagging.keep_up(plex, reading.tags_of(reading.enabled()), self._now)
        if failures[indexing.SOURCE] and not sources.is_known(indexing.SOURCE):
            self._doubts[NOBODY] = failures[indexing.SOURCE]
        people = everybody(self._now)
        active = [person for person in people if person.status == "active"]
        answers = [*self._decks(plex, active), self._playing(plex)]
        self._wake(person for person in people if person.status == "inactive" and person.user.gone_at is None)
        answers += self._watchlists(active)
        if self._policy.recently_added:
            answers.append(recent.lately(self._policy, self._shelf, self._now, self._doubts.get(NOBODY, "")))
        answers += self._lists()
        answers.append(self._pins())
        troubles = tuple((source, "", why) for source, why in failures.items() if why)
        return Asked(plex, tuple(answers), troubles)

    def by_rows(self) -> list[Answer]:
        """Of those who may have begun to play or to pin while others were asked."""
        followed = (person for person in everybody(self._now) if is_followed(person))
        coming = (answer for person in followed for answer in self._after_playing(person))
        return [pinning.answer(Versions(self._policy.versions)), *coming]

    def _pins(self) -> Answer:
        doubt = self._doubts.get(NOBODY, "")
        if not doubt:
            pinning.renumber()
        return pinning.answer(Versions(self._policy.versions), doubt)

    def _decks(self, plex: Plex, people: list[Person]) -> list[Answer]:
        """On deck of each, with what comes next. Of one user after the other: Plex is asked one thing at a time."""
        answers: list[Answer] = []
        for number, person in enumerate(people):
            self._tell(Phase.ONDECK, len(people), number)
            answers += self._deck(plex, person)
        self._tell(Phase.ONDECK, len(people), len(people))
        return answers

    def _deck(self, plex: Plex, person: Person) -> list[Answer]:
        user, wanted = person.user, person.preferences.ondeck
        try:
            own = plex if user.kind == UserKind.MAIN else connect_as(user)
            items = own.on_deck() if wanted else ()
            failed = watching.refresh(own, user, now=self._now)
        except (PlexError, ConfigurationError) as error:
            why = str(error)
            self._doubts[user.pk] = why
            sources.was_bad(deck.SOURCE if wanted else watching.SOURCE, self._now, why, user=user)
            return [deck.unknown(person, why)] if wanted else self._after_playing(person, why)
        doubt = failed or self._doubts.get(NOBODY, "")
        if doubt:
            self._doubts[user.pk] = doubt
        if not (wanted or is_supposing()):
            sources.forget(deck.SOURCE, user)
        answers = [deck.take(person, items, self._shelf, self._now, doubt)] if wanted else []
        return [*answers, *self._after_playing(person, doubt)]

    def _after_playing(self, person: Person, doubt: str = "") -> list[Answer]:
        """What comes after what the user plays just now, which may not be on deck yet.

        `doubt` as with `deck.take`. Who plays nothing wants nothing of this kind: that is known without asking them.
        """
        if not person.preferences.active_watching:
            return []
        sessions = PlaySession.objects.filter(user=person.user, kind="episode", live=False)
        keys = list(sessions.values_list("rating_key", flat=True))
        return [replace(deck.after_playing(person, keys, self._shelf), failed=doubt)] if keys else []

    def _playing(self, plex: Plex) -> Answer:
        answer = playing_now(plex)
        if answer.failed:
            sources.was_bad(answer.source, self._now, answer.failed)
        else:
            sources.was_good(answer.source, self._now, count=len(answer.wants))
        return answer

    def _wake(self, people: Iterable[Person]) -> None:
        """Look once a day whether somebody who was left out is back."""
        for person in people:
            user = person.user
            if not sources.was_asked(deck.SOURCE, self._now, ASLEEP, user):
                try:
                    items = connect_as(user).on_deck()
                except (PlexError, ConfigurationError) as error:
                    sources.was_bad(deck.SOURCE, self._now, str(error), user=user)
                    continue
                sources.was_good(deck.SOURCE, self._now, user=user, count=len(items))
                deck.note_activity(user, items, self._now)

    def _watchlists(self, people: list[Person]) -> list[Answer]:
        total, done = len(people) + 1, 0
        self._tell(Phase.WATCHLIST, total, 0)

        def one_more() -> None:
            nonlocal done
            done += 1
            self._tell(Phase.WATCHLIST, total, done)

        watchlists.refresh(people, self._policy, self._now, one_more)
        return list(watchlists.answers(people, self._policy, self._shelf, self._now, self._doubts))

    def _lists(self) -> tuple[Answer, ...]:
        """Of the import lists, as they were read last: each is refreshed at its own time, not by a cycle."""
        self._tell(Phase.LISTS, 1, 0)
        answers = wanted(self._now, Versions(self._policy.versions), self._shelf, self._doubts.get(NOBODY, ""))
        self._tell(Phase.LISTS, 1, 1)
        return answers
