"""Listening to what Plex tells by itself, through its websocket. A notice is only a hint to look what plays.

Facts: a `playing` notice names no person and is repeated every few seconds; a scan of the library sends hundreds of
others; there are types that nobody has described; ids are numbers on older servers and texts on newer ones.
"""

import json
import logging
import random
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from cacherr import outbound
from plexusers.models import PlexServer

log = logging.getLogger(__name__)

PATH = "/:/websockets/notifications"
SIGNED_WITH = "X-Plex-Token"
LOOK_SECONDS = 1.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
"""Seconds between two attempts to connect: doubled each time, up to the longest."""
REFUSED_STATUSES = frozenset({400, 401, 403})
STOPPED = "stopped"

Plays = dict[str, tuple[str, str]]
"""By session key: the rating key and whether it goes on."""


def plays(text: str | bytes) -> Plays:
    """What a message says of sessions; nothing when it is about something else or cannot be understood."""
    try:
        content = json.loads(text)["NotificationContainer"]
        entries = content["PlaySessionStateNotification"] if content["type"] == "playing" else []
        return {str(entry["sessionKey"]): (str(entry.get("ratingKey", "")), _state(entry)) for entry in entries}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _state(entry: dict[str, Any]) -> str:
    """A player that waits for data is playing: it goes to and fro between the two."""
    state = str(entry.get("state", ""))
    return "playing" if state == "buffering" else state


class Listener:
    """Listens in a thread of its own, connects again as often as needed, and calls `hint` when a look is worth it."""

    def __init__(self, hint: Callable[[], None], *, waits: Callable[[int], float] | None = None) -> None:
        """`waits` says how many seconds to wait after so many failures in a row."""
        self.hint = hint
        self.waits = waits or backoff
        self.listening = False
        """Whether there is a connection now."""
        self._known: Plays = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plex-notices", daemon=True)

    def start(self) -> None:
        """Begin to listen; may be done once."""
        self._thread.start()

    def stop(self) -> None:
        """End within about a second; does not wait for it."""
        self._over.set()

    def join(self, seconds: float) -> None:
        """Wait for the end."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def hear(self, text: str | bytes) -> None:
        """Take a message in. What only repeats itself is no news."""
        news = False
        for session, play in plays(text).items():
            news = news or self._known.get(session) != play
            if play[1] == STOPPED:
                self._known.pop(session, None)
            else:
                self._known[session] = play
        if news:
            self.hint()

    def _run(self) -> None:
        failures = 0
        while not self._over.is_set():
            try:
                self._converse()
                failures = 0
            except outbound.SocketError as error:
                failures = 0 if self.listening else failures + 1
                log.debug("Plex's notices: %s", error)
            self.listening = False
            self._over.wait(self.waits(failures))

    def _converse(self) -> None:
        """Listen while the connection lasts. Raises SocketError."""
        try:
            server = PlexServer.effective()
        finally:
            connections.close_all()  # this thread's own, and nobody else would close them
        if not (server.plex_url and server.plex_token):
            return
        with _connected(server) as socket:
            self.listening = True
            self._known.clear()
            self.hint()  # whatever happened while nobody listened
            while not self._over.is_set():
                text = socket.receive(LOOK_SECONDS)
                if text is not None:
                    self.hear(text)


def _connected(server: PlexServer) -> outbound.Socket:
    """A connection with the token in a header, where no log shows it; in the query for servers that want it there."""
    try:
        return outbound.Socket(server.plex_url, PATH, headers={SIGNED_WITH: server.plex_token})
    except outbound.SocketError as error:
        if error.status not in REFUSED_STATUSES:
            raise
    return outbound.Socket(server.plex_url, PATH, query={SIGNED_WITH: server.plex_token})


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row, with jitter."""
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(failures, 20))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
