"""Avatars: small pictures of one colour, told apart by the account."""

import hashlib
import struct
import zlib

SIDE = 48
"""Pixels."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
EIGHT_BITS, TRUE_COLOUR = 8, 2


def avatar_png(seed: str) -> bytes:
    """A PNG that is always the same for the same text."""
    colour = bytes(96 + byte % 128 for byte in hashlib.sha256(seed.encode()).digest()[:3])
    row = b"\0" + colour * SIDE
    header = struct.pack(">IIBBBBB", SIDE, SIDE, EIGHT_BITS, TRUE_COLOUR, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(row * SIDE)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
