"""What a server tells everybody who listens to its websocket: who plays what, and what changed in the library.

Shapes as recorded from servers of 2025 and 2026: ids are strings, and a `playing` notice does not say who plays.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Literal

from plexusers.standin.records import Episode, Item, Movie, Playing, Season

Inbox = SimpleQueue[str | None]
"""What a listener has yet to be sent; None ends the conversation."""

SETTLED, DELETED = 5, 9
"""States of a `timeline` entry."""
TYPES = {Movie: 1, Season: 3, Episode: 4}
"""Plex's numbers for kinds of items; a show is 2."""


class Notices:
    """The listeners of a household. Every method is safe to call from any thread and never waits."""

    def __init__(self) -> None:
        self.takes_header = True
        """Whether the websocket takes a token from the header; if not, only from the query."""
        self._inboxes: set[Inbox] = set()
        self._lock = threading.Lock()

    @property
    def listeners(self) -> int:
        """How many listen now."""
        with self._lock:
            return len(self._inboxes)

    @contextmanager
    def listening(self) -> Iterator[Inbox]:
        """Listen from now on."""
        inbox: Inbox = SimpleQueue()
        with self._lock:
            self._inboxes.add(inbox)
        try:
            yield inbox
        finally:
            with self._lock:
                self._inboxes.discard(inbox)

    def send(self, text: str | None) -> None:
        """Send everybody a text, whatever it is; None breaks all connections off."""
        with self._lock:
            for inbox in self._inboxes:
                inbox.put(text)

    def tell(self, kind: str, name: str, *entries: dict[str, object]) -> None:
        """Send a notice of that type with its entries."""
        if not self.listeners:
            return
        content = {"type": kind, "size": len(entries), name: entries}
        self.send(json.dumps({"NotificationContainer": content}))

    def playing(self, playing: Playing, state: str = "") -> None:
        """Somebody started, paused, went on or stopped."""
        key = playing.item or str(900_000 + playing.key)
        entry: dict[str, object] = {
            "sessionKey": str(playing.key),
            "clientIdentifier": f"player-{playing.account}",
            "guid": "",
            "ratingKey": key,
            "url": "",
            "key": f"/library/metadata/{key}",
            "viewOffset": playing.offset,
            "playQueueItemID": playing.key,
            "state": state or playing.state,
        }
        if playing.transcoded:
            entry["transcodeSession"] = f"transcode-{playing.key}"
        self.tell("playing", "PlaySessionStateNotification", entry)

    def timeline(self, item: Item, change: Literal["created", "updated", "deleted"] = "created") -> None:
        """An item came, changed, or went."""
        entry: dict[str, object] = {
            "identifier": "com.plexapp.plugins.library",
            "sectionID": item.section,
            "itemID": item.key,
            "type": TYPES.get(type(item), 2),
            "title": item.title,
            "state": DELETED if change == "deleted" else SETTLED,
            "metadataState": change,
        }
        self.tell("timeline", "TimelineEntry", entry)
