"""Sockets only for pages of our own: a foreign page in the same browser would come with the login's cookie."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[..., Awaitable[Any]]


class SameOrigin:
    """Refuses a socket whose Origin is another host or port than the one asked; programs send no Origin and pass."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass on, or deny."""
        headers = dict(scope["headers"])
        origin, host = headers.get(b"origin", b""), headers.get(b"host", b"")
        if origin and _host_of(origin) != host:
            await WebsocketDenier()(scope, receive, send)
            return
        await self.application(scope, receive, send)


def _host_of(origin: bytes) -> bytes | None:
    """Host and port; None where there are none, as with a bracket that is never closed: that is foreign."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None
