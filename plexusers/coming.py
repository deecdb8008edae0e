"""What somebody will watch next after what is playing: the next unwatched episodes of that person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from plexusers.models import PlexUser, UserKind, UserTypeDefaults, WatchState
from plexusers.plex import Plex, PlexEpisode, PlexItem
from plexusers.sessions import OWNER

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a person's playback leads to."""

    active: bool = True
    """Whether it leads to caching at all."""
    episodes: int = 0
    minutes: int = 0
    """Go on beyond the number of episodes until so many minutes are covered."""


def ahead_of(user: PlexUser | None, account: int) -> Ahead:
    """The person's own settings over those of their type; somebody unknown is taken for a friend."""
    kind = user.kind if user else UserKind.MAIN if account == OWNER else UserKind.SHARED
    defaults = UserTypeDefaults.objects.filter(kind=kind).first() or UserTypeDefaults(kind=kind)

    def setting(name: str) -> int:
        own = getattr(user, name) if user else None
        return int(getattr(defaults, name) if own is None else own)

    enabled = user.enabled if user else defaults.enabled
    return Ahead(
        active=enabled and bool(setting("active_watching")),
        episodes=setting("episodes_ahead"),
        minutes=setting("prefetch_minutes"),
    )


def coming_after(plex: Plex, show_key: str, rating_key: str, user: PlexUser | None, ahead: Ahead) -> list[PlexItem]:
    """The episodes that come after one of a show, for the person who watches it. One request at the most.

    The connection is the owner's, and so is the watch state in its answer; of others it is known from the rows.
    Raises PlexError.
    """
    if not show_key or not (ahead.episodes or ahead.minutes):
        return []
    episodes = plex.episodes(show_key)
    if user is None or user.kind == UserKind.MAIN:
        watched = {episode.item.rating_key for episode in episodes if episode.is_watched}
    else:
        keys = [episode.item.rating_key for episode in episodes]
        rows = WatchState.objects.filter(user=user, rating_key__in=keys)
        watched = {row.rating_key for row in rows if row.is_watched}
    return [episode.item for episode in following(episodes, rating_key, watched, ahead)]


def following(
    episodes: Iterable[PlexEpisode], rating_key: str, watched: Collection[str], ahead: Ahead
) -> list[PlexEpisode]:
    """The unwatched episodes after one, across seasons, in the order of watching; specials only after a special.

    At least so many, and more until the minutes are covered. Pure.
    """
    ordered = sorted(episodes, key=lambda episode: episode.order)
    place = next((at for at, episode in enumerate(ordered) if episode.item.rating_key == rating_key), None)
    if place is None:
        return []
    specials = ordered[place].season == 0
    found: list[PlexEpisode] = []
    covered = 0
    for episode in ordered[place + 1 :]:
        if len(found) >= ahead.episodes and covered >= ahead.minutes * MINUTE_MS:
            break
        if (episode.season == 0) == specials and episode.item.rating_key not in watched and episode.item.files:
            found.append(episode)
            covered += episode.duration
    return found
