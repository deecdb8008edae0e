"""From Plex's paths to paths below a mapping's roots. Pure."""

import os
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Prefixed(Protocol):
    """Anything with a Plex prefix."""

    @property
    def plex_prefix(self) -> str: ...


M = TypeVar("M", bound=Prefixed)


def components(path: str) -> list[str]:
    """The components of a Plex path, which may be written the Windows way.

    A backslash is an ordinary character in a file's name on Linux, so it only separates in paths that start like
    Windows' do (`C:\\`, `\\\\server`).
    """
    cleaned = path.replace("\\", "/") if _is_windows(path) else path
    return [part for part in cleaned.split("/") if part]


def _is_windows(path: str) -> bool:
    return path[1:3] in {":\\", ":/"} or path.startswith("\\\\")


def beside(plex_path: str, name: bytes) -> str:
    """Where Plex sees a file that lies beside another one, or in a directory beside it; for people: escaped text."""
    last = max(plex_path.rfind(separator) for separator in ("/\\" if _is_windows(plex_path) else "/"))
    shown = name.decode("utf-8", "backslashreplace")
    return plex_path[: last + 1] + (shown.replace("/", "\\") if plex_path[last : last + 1] == "\\" else shown)


def joined(prefix: str, relative: bytes) -> str:
    """The path as Plex writes it of what lies below a prefix."""
    path = os.fsdecode(relative)
    if _is_windows(prefix) and "\\" in prefix:
        path = path.replace("/", "\\")
        return prefix.rstrip("\\") + "\\" + path
    return f"{prefix.rstrip('/')}/{path}"


def locate(plex_path: str, mappings: Sequence[M]) -> tuple[M, bytes] | None:
    """The mapping that a Plex path belongs to and the path below it, as bytes; None when there is none.

    The longest prefix wins, by whole components: `/media/tv` is no prefix of `/media/tv2/x.mkv`.
    """
    parts = components(plex_path)
    best: tuple[int, M] | None = None
    for mapping in mappings:
        prefix = components(mapping.plex_prefix)
        if parts[: len(prefix)] == prefix and len(parts) > len(prefix) and (best is None or len(prefix) > best[0]):
            best = (len(prefix), mapping)
    if best is None:
        return None
    return best[1], os.fsencode("/".join(parts[best[0] :]))
