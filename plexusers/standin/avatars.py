"""Pictures: avatars of one colour, told apart by the account, and posters that fade from one colour to another."""

import hashlib
import struct
import zlib

SIDE = 48
"""Pixels."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BITS, TRUE_COLOUR = 8, 2


def avatar_png(seed: str) -> bytes:
    """A PNG that is always the same for the same text."""
    colour, _ = _colours(seed)
    return _png(SIDE, [colour] * SIDE)


def poster_png(seed: str, width: int, height: int) -> bytes:
    """A PNG of this size that is always the same for the same text."""
    top, bottom = _colours(seed)
    rows = [
        bytes((a * (height - y) + b * y) // height for a, b in zip(top, bottom, strict=True)) for y in range(height)
    ]
    return _png(width, rows)


def _colours(seed: str) -> tuple[bytes, bytes]:
    digest = hashlib.sha256(seed.encode()).digest()
    return bytes(96 + byte % 128 for byte in digest[:3]), bytes(32 + byte % 96 for byte in digest[3:6])


def _png(width: int, rows: list[bytes]) -> bytes:
    """Each row is of one colour."""
    header = struct.pack(">IIBBBBB", width, len(rows), EIGHT_BITS, TRUE_COLOUR, 0, 0, 0)
    data = b"".join(b"\0" + colour * width for colour in rows)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
