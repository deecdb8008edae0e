"""What must not be taken away now, because somebody plays it. Asked again before each step that takes something."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from cacherr.errors import CacherrError
from caching.models import PathMapping
from caching.models.file_row import FileRow
from caching.paths import components, locate
from caching.planning.sidecars import owners, ownerships
from plexusers.server import connect
from plexusers.wants import Answer, playing_now

FRESH_SECONDS = 2.0
STREAMING_SECONDS = 10.0
FAILED_SECONDS = 15.0

UNKNOWN = "It is unknown what is playing."


class Playing:
    """Plex's sessions, asked at most every two seconds by however many threads.

    A session that cannot be asked for is unknown, never "nobody plays"; with `trusting` that counts as nobody, because
    a person ordered the operation and a lease still tells who has the file open.
    """

    def __init__(
        self,
        ask: Callable[[], Answer] | None,
        mappings: Sequence[PathMapping],
        *,
        trusting: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask, self._mappings, self._trusting, self._clock = ask, mappings, trusting, clock
        self._lock = threading.Lock()
        self._asked_at: float | None = None
        self._failed = ""
        self._paths: frozenset[tuple[str, ...]] = frozenset()
        self._files: frozenset[tuple[str, bytes]] = frozenset()
        self._owners: frozenset[tuple[str, bytes]] = frozenset()
        self._streaming = False

    def holds(self, file: FileRow) -> str:
        """Why a file must stay as it is for now, as a sentence; empty when nobody plays it."""
        with self._lock:
            self._refresh(FRESH_SECONDS)
            if self._failed and not self._trusting:
                return f"{UNKNOWN} {self._failed}"
            return "Somebody is playing it." if self._is_playing(file) else ""

    def anybody(self) -> bool:
        """Whether anybody streams now; the answer may be ten seconds old, and unknown counts as no."""
        with self._lock:
            self._refresh(STREAMING_SECONDS)
            return self._streaming

    def _refresh(self, seconds: float) -> None:
        now = self._clock()
        if self._failed:
            seconds = max(seconds, FAILED_SECONDS)
        if self._ask is None or (self._asked_at is not None and now - self._asked_at < seconds):
            return
        answer = self._ask()
        self._asked_at, self._failed = self._clock(), answer.failed
        if not answer.failed:
            paths = [file.path for want in answer.wants for file in want.item.files]
            found = (locate(path, self._mappings) for path in paths)
            self._streaming = bool(answer.wants)
            self._paths = frozenset(parts for path in paths if (parts := tuple(components(path))))
            self._files = frozenset((place[0].cache_id or "", place[1]) for place in found if place)
            self._owners = frozenset((cache, owner) for cache, path in self._files for owner in ownerships(path))

    def _is_playing(self, file: FileRow) -> bool:
        """The file itself, or a video that it belongs to: by the mappings in force, or by where Plex had the file.

        The mapping of a file may be switched off or changed while it is cached, and Plex plays it all the same.
        """
        ours = {(file.cache_id, file.relative), (file.cache_id, file.on_array)}
        if not self._files.isdisjoint(ours) or tuple(components(file.plex_path)) in self._paths:
            return True
        if not file.belongs_to:
            return False
        owner = owners(bytes(file.belongs_to))
        return (file.cache_id, owner) in self._owners or any(owner in ownerships(path) for path in self._beside(file))

    def _beside(self, file: FileRow) -> Iterator[bytes]:
        """What plays below the Plex prefix that a file had when it was cached, as paths below it."""
        own = components(file.plex_path)
        prefix = tuple(own[: -len(components(os.fsdecode(file.on_array)))])
        if own:
            same = (path[len(prefix) :] for path in self._paths if path[: len(prefix)] == prefix)
            yield from (os.fsencode("/".join(path)) for path in same)


def of_plex(mappings: Sequence[PathMapping]) -> Playing:
    """For what a person ordered or a crash left: Plex is asked if it can be, and a lease decides otherwise."""
    return Playing(_ask_plex, mappings, trusting=True)


def _ask_plex() -> Answer:
    try:
        return playing_now(connect())
    except CacherrError as error:  # not set up, or away
        return Answer("playing", "anybody", failed=str(error))


NOBODY = Playing(None, ())
"""For work that no player can meet, as when there is no Plex to be asked."""
