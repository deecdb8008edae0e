"""Reading the watchlists that are due: by the account's own token, by a feed, or as a friend's."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from cacherr.errors import ConfigurationError, PlexError, PlexSignInError
from plexusers import sources
from plexusers.models import PlexUser, SourceState, UserKind, WatchPolicy
from plexusers.plextv import PlexTv
from plexusers.preferences import Person
from plexusers.server import client_identifier
from plexusers.tokens import account_token, become
from plexusers.watchlists import feeds, friends, keeping, online
from plexusers.watchlists.lines import Line

SOURCE = "watchlist"
FEED = "feed"
NO_WAY = "There is no way to the watchlist of {}."
NO_WAY_CURE = "Send this user the sign-in link, or enter the PIN or the address of the feed on the user's page."


def has_watchlist(person: Person) -> bool:
    """Whether the user's watchlist counts. Managed users have none: they are no accounts of their own."""
    return person.preferences.watchlist and not person.user.managed


def refresh(people: Iterable[Person], policy: WatchPolicy, now: datetime, done: Callable[[], None]) -> None:
    """Read every watchlist that is due, one after the other, and note how it went. `done` is called after each."""
    age = timedelta(minutes=policy.watchlist_minutes)
    owner = next((person.user for person in people if person.user.kind == UserKind.MAIN), None)
    those = friends.Friends(_asked(owner, friends.ADDRESS))
    for person in people:
        if has_watchlist(person) and sources.is_due(SOURCE, now, age, person.user):
            _refresh(SOURCE, person.user, lambda person=person: _read(person.user, those), now)  # type: ignore[misc]
        done()
    if policy.friends_feed and sources.is_due(FEED, now, age):
        _refresh(FEED, None, lambda: keeping.with_hidden(None, feeds.read(policy.friends_feed)), now)
    done()


def _read(user: PlexUser, those: friends.Friends) -> tuple[Line, ...]:
    if account_token(user) or (not user.watchlist_feed and become(user)):
        return _online(user)
    if user.watchlist_feed:
        return keeping.with_hidden(user, feeds.read(user.watchlist_feed))
    if user.kind == UserKind.SHARED:
        return those.watchlist(user)
    raise PlexSignInError(NO_WAY.format(user), NO_WAY_CURE)


def _online(user: PlexUser) -> tuple[Line, ...]:
    """With the token of the user's account; a refused one of a home user is asked for anew, once."""
    try:
        return online.read(_asked(user, online.ADDRESS))
    except PlexSignInError as error:
        if user.kind == UserKind.MAIN:
            raise
        if not become(user):
            raise PlexSignInError(f"plex.tv refuses the sign-in of {user}.", NO_WAY_CURE) from error
    return online.read(_asked(user, online.ADDRESS))


def _refresh(source: str, user: PlexUser | None, read: Callable[[], tuple[Line, ...]], now: datetime) -> None:
    try:
        lines = read()
    except (PlexError, ConfigurationError) as error:
        sources.was_bad(source, now, str(error), user=user, stale=True)
        return
    first = not SourceState.objects.filter(source=source, user=user, good_at__isnull=False).exists()
    if not sources.judge(source, now, len(lines), user=user):
        keeping.keep(user, lines, now, first=first)


def _asked(user: PlexUser | None, address: str) -> PlexTv:
    return PlexTv(client_identifier(), account_token(user) if user else "", address)
