"""The door of live events: forwards what others built."""

import asyncio
import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from cacherr.access import KEY_HEADER, is_key
from caching import events, state
from caching.log_following import LogFollower

REFUSED = 4401
TOGETHER_SECONDS = 0.05


class Snapshots:
    """Takes snapshots for all listeners: those who ask at the same moment, as after a cycle, share one."""

    def __init__(self) -> None:
        self.coming: asyncio.Task[list[tuple[str, str]]] | None = None

    async def fresh(self) -> list[tuple[str, str]]:
        """The messages, sealed, of a snapshot that is read later than now."""
        if self.coming is None or self.coming.done():
            self.coming = asyncio.create_task(self._take())
        return await asyncio.shield(self.coming)

    async def _take(self) -> list[tuple[str, str]]:
        await asyncio.sleep(TOGETHER_SECONDS)
        self.coming = None  # whoever asks from here on needs a later one
        taken = await database_sync_to_async(state.snapshot)(events.clients.count)
        status, stats = taken.pop("status"), taken.pop("stats")
        running = (row for row in taken["operations"] if row["started"])
        told = [
            events.event("status", status | taken),
            events.event("stats", stats),
            *(events.event("operation_progress", row) for row in running),
        ]
        return [events.sealed(one) for one in told]


snapshots = Snapshots()


class EventConsumer(AsyncJsonWebsocketConsumer):
    """One listening page or program."""

    wanted: frozenset[str] | None = None
    log: LogFollower | None = None
    counted = False

    async def connect(self) -> None:
        """Accept members of the staff and holders of the key; then say everything that is true now."""
        headers = dict(self.scope["headers"])
        key = headers.get(KEY_HEADER.lower().encode(), b"").decode("latin-1")
        await self.accept()
        user = self.scope["user"]
        if not ((user and user.is_staff) or is_key(key)):
            await self.close(REFUSED)
            return
        events.clients.count += 1
        self.counted = True
        await self.channel_layer.group_add(events.GROUP, self.channel_name)
        await self._snapshot()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve this listener, and forget it however it leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.log:
                self.log.stop()
            if self.counted:
                events.clients.count -= 1
                await self.channel_layer.group_discard(events.GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:  # noqa: ARG002
        """Read what a client says; nonsense counts as nothing said."""
        try:
            content = json.loads(text_data or "null")
        except (ValueError, RecursionError):
            return
        await self.receive_json(content)

    async def receive_json(self, content: Any, **_: Any) -> None:
        """Answer a client."""
        kind = content.get("type") if isinstance(content, dict) else None
        if kind == "ping":
            await self.send_json(events.event("pong", {}))
        elif kind == "status_request":
            await self._snapshot()
        elif kind == "subscribe" and isinstance(content.get("events"), list):
            self.wanted = frozenset(map(str, content["events"]))
            self._follow_log()

    async def forward(self, message: dict[str, Any]) -> None:
        """Hand on an event that somebody published."""
        kind, text = message["event"]
        await self._hand_on(kind, text)
        if kind in {"cycle_start", "cycle_complete", "cache_file_added", "cache_file_removed"}:
            await self._snapshot()

    def _follow_log(self) -> None:
        """Lines of the log are told only to who asks for them by name: they are many."""
        if self.log:
            self.log.stop()
        self.log = LogFollower(self._tell) if "log" in (self.wanted or ()) else None

    async def _snapshot(self) -> None:
        for kind, text in await snapshots.fresh():
            await self._hand_on(kind, text)

    async def _tell(self, message: events.Event) -> None:
        await self._hand_on(*events.sealed(message))

    async def _hand_on(self, kind: str, text: str) -> None:
        if self.wanted is None or kind in self.wanted:
            await self.send(text_data=text)
