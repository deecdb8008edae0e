"""Rows for tests that look at pages, answers and events: one of everything."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.timezone import now

from caching.models import (
    Audit,
    CachedFile,
    CacheLimit,
    Cycle,
    CycleState,
    Kind,
    NotificationTarget,
    Operation,
    PathMapping,
    Phase,
    Pin,
    Placement,
    Playback,
    Replay,
    Root,
    Rule,
    State,
)
from caching.models.file_row import path_key
from plexusers.models import (
    LibraryItem,
    LibrarySection,
    PlaySession,
    PlexServer,
    PlexUser,
    RequestCount,
    SourceState,
)

PATH = b"Movies/Alpha \xff/Alpha.mkv"
"""Bytes that are no text: file names on Linux may be like that."""


@dataclass(frozen=True)
class Rows:
    """What was made."""

    mapping: PathMapping
    cycle: Cycle
    running: Operation
    done: Operation
    file: CachedFile


def make_rows(directory: Path) -> Rows:
    """A mapping that was never proved, a running cycle with an operation at work and one done, a cached file."""
    array, cache = directory / "array", directory / "cache"
    array.mkdir()
    cache.mkdir()
    roots = {
        kind: Root.objects.create(id=kind.value * 4, kind=kind, path=str(directory / kind.value)) for kind in Root.Kind
    }
    mapping = PathMapping.objects.create(
        name="Films", plex_prefix="/data", array_root=str(array), cache_root=str(cache), array=roots[Root.Kind.ARRAY]
    )
    PlaySession.objects.create(session_key="7", who="Alex", rating_key="1", kind="movie", title="Alpha", seen_at=now())
    Playback.objects.create(
        session_key="7", who="Alex", rating_key="1", kind="movie", title="Alpha", served="cache", started_at=now()
    )
    Replay.objects.create(source="ledger", days=30, sets=[{"cache_limit": "1GB"}])
    NotificationTarget.objects.create(name="Old phone", url="json://plex/s3cret-token", service="JSON", enabled=False)
    Pin.objects.create(kind="movie", rating_key="1", title="Alpha", created_by="alex")
    PlexServer(plex_url="http://plex:32400", plex_token="s3cret-token", friendly_name="Home").save()
    PlexUser.objects.create(
        plex_id=77, kind="shared", title="Kim", token="s3cret-token", account_token="s3cret-token", pin="s3cret-token",
        watchlist_feed="https://rss.plex.tv/s3cret-token", token_problem="Send the sign-in link.",
    )  # fmt: skip
    section = LibrarySection.objects.create(key="1", kind="movie", title="Movies", locations=["/data/Movies"])
    Rule.objects.create(name="No westerns", genres="Western")
    CacheLimit.objects.create(library=section, size="100GB")
    film = LibraryItem.objects.create(rating_key="1", section=section, kind="movie", title="Alpha", year=2001)
    film.files.create(path="/data/Movies/Alpha.mkv", size=1000, version="1")
    film.guids.create(guid="imdb://tt0000001")
    at = now()
    SourceState.objects.create(source="library", status="fresh", since=at, checked_at=at, good_at=at)
    cycle = Cycle.objects.create(state=CycleState.RUNNING, phase=Phase.CACHING, started_at=at, items_total=2)
    running, done = [
        Operation.objects.create(
            cycle=cycle, kind=Kind.CACHE, placement=Placement.SYMLINK, mode="copy",
            array=roots[Root.Kind.ARRAY], cache=roots[Root.Kind.CACHE], path=path, path_key=path_key(path),
            state=state, bytes_total=1000, bytes_done=250, bytes_per_second=50, title="Alpha",
            started_at=at, finished_at=at if state == State.DONE else None,
        )
        for path, state in ((PATH, State.PLANNED), (b"Movies/Beta.mkv", State.DONE))
    ]  # fmt: skip
    file = CachedFile.objects.create(
        array=roots[Root.Kind.ARRAY], cache=roots[Root.Kind.CACHE], path=PATH, path_key=path_key(PATH),
        placement=Placement.SYMLINK, mode="copy", size=1000, hash="ab", array_print="1:2:3", cache_print="4:5:6",
        title="Alpha", reason="on deck", cached_at=now(),
    )  # fmt: skip
    Audit.objects.create(trigger="command", started_at=now(), finished_at=now(), files=1)
    RequestCount.objects.create(day=now().date(), host="plex.tv", endpoint="/api/v2/user", outcome="ok", count=1)
    return Rows(mapping, cycle, running, done, file)
