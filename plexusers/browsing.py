"""What Plex itself sees of the file system it runs on: its own browser of directories, which only its owner may use."""

import base64
from xml.etree.ElementTree import Element

from cacherr.errors import PlexError
from plexusers.plex import Plex

MOST = 12
"""Levels that are gone down: each is one request."""


def sees(plex: Plex, path: str) -> bool | None:
    """Whether Plex sees a directory under this very path; None when it does not tell. One request for each level."""
    at, names = "/", [name for name in path.split("/") if name]
    if len(names) > MOST:
        return None
    for name in names:
        try:
            below = plex.things(_address(at), _title)
        except PlexError:
            return None
        if not below:
            return None  # a server that shows nothing at all does not show what there is
        if name not in below:
            return False
        at = f"{at.rstrip('/')}/{name}"
    return True


def _address(path: str) -> str:
    return f"/services/browse/{base64.b64encode(path.encode()).decode()}?includeFiles=0"


def _title(element: Element) -> str:
    return element.get("path", "").rstrip("/").rsplit("/", 1)[-1] or element.get("title", "")
