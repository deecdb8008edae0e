"""Writes the demonstration's media: real files of random-looking bytes, the same ones every time."""

import hashlib
import os
from pathlib import Path

BLOCK = 1 << 20
"""Bytes written at once."""
FILMED_AT = 1_690_000_000
"""When the files were last changed, in epoch seconds: long before anybody sees them."""


def write_video(path: Path, size: int, seed: str) -> None:
    """Writes so many bytes that look like a video to whoever copies or compares them.

    Blocks differ by their first bytes only: making them anew would take longer than writing them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = hashlib.shake_128(seed.encode()).digest(min(BLOCK, size))
    with path.open("wb") as file:
        for start in range(0, size, BLOCK):
            block = start.to_bytes(8, "big") + noise[8:]
            file.write(block[: size - start])
    _age(path)


def write_text(path: Path, text: str) -> None:
    """Writes a small file that belongs to a video."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    _age(path)


def subtitles(title: str) -> str:
    """A subtitle file with two lines to read."""
    return f"1\n00:00:01,000 --> 00:00:04,000\n{title}\n\n2\n00:00:05,000 --> 00:00:07,500\n[distant bells]\n"


def nfo(kind: str, title: str) -> str:
    """A description as media centres keep it beside a video."""
    escaped = title.replace("&", "&amp;").replace("<", "&lt;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind}><title>{escaped}</title></{kind}>\n'


def _age(path: Path) -> None:
    os.utime(path, (FILMED_AT, FILMED_AT))
