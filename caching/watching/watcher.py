"""The watcher: a thread that looks at what plays, every so many seconds and whenever something hints at news.

It runs in the process that carries operations out, in one process of an installation at a time. It is told what to do
by rows, so that pages, webhooks and commands reach it from whatever process they run in.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from cacherr.errors import BusyError, CacherrError
from caching import cycle, lock, nudge, pausing, stopping
from caching.models import PLAYBACK, Operation, State, WatcherState
from caching.watching.looking import Looker
from plexusers.models import PlexServer, WatchPolicy
from plexusers.notices import Listener
from plexusers.plex import Plex
from plexusers.server import connect

log = logging.getLogger(__name__)

WATCH_LOCK = "watch"
TICK_SECONDS = 1.0
BETWEEN_LOOKS = 1.0
"""However many hints come, looks are so far apart."""
SECOND_LOOK = 3.0
"""After a hint: Plex sometimes tells of a session before its list of sessions has it."""
SIGN_OF_LIFE = 30.0
ELSEWHERE_SECONDS = 5.0
"""How often to see whether another process has given the watch up."""
NUDGE_SECONDS = 5.0
JOIN_SECONDS = 1.0


class Watcher:
    """Looks at what plays until it is stopped. `start` it once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._over = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
        self._clear()

    def _clear(self) -> None:
        self._looker = Looker()
        self._listener: Listener | None = None
        self._plex: Plex | None = None
        self._asked: tuple[str, str] | None = None
        self._hinted = False
        self._looked: float | None = None
        self._look_again: float | None = None
        self._shown: float | None = None
        self._nudged: float | None = None
        self._ordered = 0
        self._waiting = True  # perhaps since before this process began
        self._answered = 0
        self._error = ""

    def start(self) -> "Watcher":
        """Begin."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End; waits a second at the most."""
        self._over.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def hint(self) -> None:
        """Something may have begun or ended: a look is worth it. From any thread."""
        self._hinted = True
        self._news.set()

    def _is_over(self) -> bool:
        return self._over.is_set() or stopping.requested()

    def _run(self) -> None:
        while not self._is_over():
            try:
                with lock.held(WATCH_LOCK):
                    self._watch()
            except BusyError:
                self._over.wait(ELSEWHERE_SECONDS)

    def _watch(self) -> None:
        self._clear()
        try:
            while not self._is_over():
                self._tick_safely()
                self._news.wait(TICK_SECONDS)
                self._news.clear()
        finally:
            self._listen(wanted=False)

    def _listen(self, *, wanted: bool) -> None:
        """Have Plex's notices come in, or not."""
        if wanted and self._listener is None:
            self._listener = Listener(self.hint)
            self._listener.start()
        elif not wanted and self._listener is not None:
            self._listener.stop()
            self._listener = None

    def _tick_safely(self) -> None:
        try:
            self._tick()
        except DatabaseError as error:
            log.warning("The watcher waits for the database (%s).", type(error).__name__)
            self._over.wait(ELSEWHERE_SECONDS)
        except Exception:  # whatever it was: nobody would notice that a thread has died
            log.exception("The watcher met something unexpected; it goes on.")
            self._over.wait(ELSEWHERE_SECONDS)
        finally:
            close_old_connections()

    def _tick(self) -> None:
        """A moment: see whether a look is due."""
        policy, state = WatchPolicy.effective(), self._state()
        now = self.clock()
        self._listen(wanted=policy.watch_sessions)
        if not policy.watch_sessions:
            self._rest(state)
        elif self._is_due(now, policy, state):
            self._hinted = False
            good = self._look(policy)
            self._looked = self.clock()
            self._answered = state.asked
            self._show(good=good)
        if self._shown is None or now - self._shown > SIGN_OF_LIFE:
            self._show(good=False)
        self._wake_a_worker()

    def _state(self) -> WatcherState:
        return WatcherState.objects.get_or_create(pk=1)[0]

    def _is_due(self, now: float, policy: WatchPolicy, state: WatcherState) -> bool:
        if self._looked is None:
            return True
        since = now - self._looked
        if since < BETWEEN_LOOKS:
            return False
        hinted = self._hinted or state.asked != self._answered
        if hinted:
            self._look_again = now + SECOND_LOOK
        elif self._look_again is not None and now >= self._look_again:
            hinted, self._look_again = True, None
        return hinted or since >= policy.session_seconds

    def _look(self, policy: WatchPolicy) -> bool:
        """Whether Plex told what plays."""
        server = PlexServer.effective()
        if not (server.plex_url and server.plex_token):
            return False  # not set up yet
        try:
            self._looker.look(self._connected(server), policy)
        except CacherrError as error:
            self._plex = None
            if str(error) != self._error:
                log.warning("It is unknown what is playing: %s", error)
            self._error = str(error)
            return False
        self._error = ""
        return True

    def _connected(self, server: PlexServer) -> Plex:
        """The connection, kept while address and token stay the same; so is that of the notices."""
        asked = (server.plex_url, server.plex_token)
        if self._asked not in {None, asked}:
            self._plex = None
            self._listen(wanted=False)
            self._listen(wanted=True)
        self._asked = asked
        if self._plex is None:
            self._plex = connect()
        return self._plex

    def _rest(self, state: WatcherState) -> None:
        """Looking is switched off."""
        if self._looked is not None or self._answered != state.asked:
            self._looker.forget()
            self._looked, self._error, self._answered = None, "", state.asked

    def _show(self, *, good: bool) -> None:
        """Note for everybody else how it goes."""
        self._shown, now = self.clock(), timezone.now()
        looked = {"looked_at": now} if good else {}
        WatcherState.objects.filter(pk=1).update(
            alive_at=now,
            listening=self._listener is not None and self._listener.listening,
            error=self._error,
            answered=self._answered,
            **looked,
        )

    def _wake_a_worker(self) -> None:
        """For new orders at once; and again while one waits, since a nudge that met a busy worker is lost."""
        now, new = self.clock(), self._looker.ordered != self._ordered
        rested = self._nudged is None or now - self._nudged >= NUDGE_SECONDS
        if not (new or (self._waiting and rested)):
            return
        self._nudged, self._ordered = now, self._looker.ordered
        waiting = Operation.objects.filter(trigger=PLAYBACK, state=State.PLANNED, started_at=None)
        self._waiting = waiting.exists()
        if self._waiting and not (pausing.holds() or cycle.is_working()):
            nudge.run_orders()
