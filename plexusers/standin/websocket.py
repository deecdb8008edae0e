"""The server's websocket (RFC 6455): the handshake and the frames of one listener."""

import base64
import hashlib
import struct
import threading
from collections.abc import Iterator

from plexusers.standin.notices import Inbox
from plexusers.standin.wire import Answer, Connection, Reply, Request, error

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""The constant of the protocol that proves that a server understood the request."""

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
BY_TWO_BYTES, BY_EIGHT_BYTES = 126, 127
SIGNED_WITH = "x-plex-token"


def notifications(request: Request) -> Reply:
    """Whoever has a token may listen to everything that happens."""
    notices = request.household.notices
    if request.account is None or (SIGNED_WITH in request.headers and not notices.takes_header):
        return error(401)
    key = request.headers.get("sec-websocket-key")
    if request.headers.get("upgrade", "").lower() != "websocket" or not key:
        return error(400)
    accepted = handshake(key)

    def converse(connection: Connection) -> None:
        with notices.listening() as inbox:
            connection.write(accepted)
            _Listener(connection, inbox).serve()

    return converse


def handshake(key: str) -> bytes:
    """The head that turns the connection into a websocket."""
    digest = hashlib.sha1(f"{key}{MAGIC}".encode(), usedforsecurity=False).digest()
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Accept": base64.b64encode(digest).decode(),
    }
    head = Answer(101, headers=headers).head().decode("latin-1")
    kept = [line for line in head.split("\r\n") if not line.startswith(("Content-", "Connection: Keep-Alive"))]
    return "\r\n".join(kept).encode("latin-1")


def frame(kind: int, payload: bytes) -> bytes:
    """A whole message in one frame; a server does not mask."""
    size = len(payload)
    if size < BY_TWO_BYTES:
        head = bytes((FINAL | kind, size))
    elif size < 1 << 16:
        head = bytes((FINAL | kind, BY_TWO_BYTES)) + struct.pack(">H", size)
    else:
        head = bytes((FINAL | kind, BY_EIGHT_BYTES)) + struct.pack(">Q", size)
    return head + payload


def frames(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Kind and unmasked payload of each frame of a client, until it hangs up."""
    while len(head := connection.read(2)) == 2:
        size = head[1] & ~MASKED
        if size == BY_TWO_BYTES:
            (size,) = struct.unpack(">H", connection.read(2))
        elif size == BY_EIGHT_BYTES:
            (size,) = struct.unpack(">Q", connection.read(8))
        mask = connection.read(4) if head[1] & MASKED else bytes(4)
        payload = connection.read(size)
        if len(payload) < size:
            return
        yield head[0] & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


class _Listener:
    """A connection: this thread sends, another one reads what the client says."""

    def __init__(self, connection: Connection, inbox: Inbox) -> None:
        self.connection, self.inbox = connection, inbox
        self.writing = threading.Lock()

    def serve(self) -> None:
        """Send notices until either side has enough."""
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            while (text := self.inbox.get()) is not None:
                self._write(TEXT, text.encode())
        finally:
            self.connection.hang_up()
            reader.join()

    def _read(self) -> None:
        try:
            for kind, payload in frames(self.connection):
                if kind == PING:
                    self._write(PONG, payload)
                elif kind == CLOSE:
                    self._write(CLOSE, payload)
                    break
        except (OSError, ValueError, struct.error):
            pass  # the connection is gone
        self.inbox.put(None)

    def _write(self, kind: int, payload: bytes) -> None:
        with self.writing:
            self.connection.write(frame(kind, payload))
