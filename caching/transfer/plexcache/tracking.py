"""Which files PlexCache-D has cached, by its own lists."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Tracked:
    """A path on the cache that PlexCache-D says is its, and what it noted about it."""

    path: bytes
    cached_at: datetime | None = None
    """Aware."""
    rating_key: str = ""
    video: bytes = b""
    """Of a sidecar: the path of its video, on the cache."""


def tracked(lines: bytes, timestamps: Any) -> list[Tracked]:
    """What the list of cached files (a path a line) and `timestamps.json` name together, by path."""
    known = timestamps if isinstance(timestamps, dict) else {}
    paths = {line.rstrip(b"\r") for line in lines.split(b"\n") if line.startswith(b"/")}
    paths |= {os.fsencode(path) for path in known if isinstance(path, str) and path.startswith("/")}
    videos = _videos(known)
    notes = {os.fsencode(path): note for path, note in known.items() if isinstance(path, str)}
    return [_tracked(path, notes.get(path), videos.get(path, b"")) for path in sorted(paths)]


def _videos(known: Mapping[str, Any]) -> dict[bytes, bytes]:
    """The video of each sidecar that a video names."""
    return {
        os.fsencode(sidecar): os.fsencode(path)
        for path, note in known.items()
        if isinstance(note, dict) and isinstance(note.get("associated_files"), list)
        for sidecar in note["associated_files"]
        if isinstance(sidecar, str)
    }


def _tracked(path: bytes, note: Any, video: bytes) -> Tracked:
    """A note is an object, or in older files a time alone."""
    values = note if isinstance(note, dict) else {"cached_at": note}
    key = values.get("rating_key")
    return Tracked(path, _moment(values.get("cached_at")), str(key)[:64] if key else "", video)


def _moment(text: Any) -> datetime | None:
    """PlexCache-D writes local times without a zone."""
    try:
        moment = datetime.fromisoformat(text)
        return timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    except (TypeError, ValueError, OverflowError):
        return None
