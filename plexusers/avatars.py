"""The users' pictures, copied here little by little, so that no page needs plex.tv to be shown."""

import time
from dataclasses import dataclass
from urllib.parse import urljoin

from django.db.models import F

from cacherr import outbound
from plexusers.models import Avatar, PlexUser

AT_ONCE = 5
MAX_BYTES = 512 * 1024
MAX_STEPS = 3
REST_SECONDS = 3600.0
"""For how long nobody is asked for pictures after that has failed."""
TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})


@dataclass
class Rest:
    """Until when nobody is asked for pictures, by the monotonic clock."""

    until: float = 0.0


_REST = Rest()
"""This process's."""


def fetch_some(rest: Rest = _REST) -> int:
    """Copy a few pictures that are new or have changed; how many were looked at. No request when there are none.

    A picture whose address stays the same is never asked for again.
    """
    if time.monotonic() < rest.until:
        return 0
    lacking = PlexUser.objects.filter(gone_at=None).exclude(thumb="").exclude(avatar__source=F("thumb"))
    users = list(lacking.order_by("id")[:AT_ONCE])
    for user in users:
        try:
            kind, body = _picture(user.thumb)
        except outbound.TransportError:
            rest.until = time.monotonic() + REST_SECONDS
            break
        Avatar.objects.update_or_create(user=user, defaults={"source": user.thumb, "content_type": kind, "body": body})
    return len(users)


def _picture(address: str) -> tuple[str, bytes]:
    """Type and content, both empty when there is no picture. No token goes along: the address is public.

    Raises TransportError, also for an answer that says nothing about the picture.
    """
    session = outbound.session()
    for _ in range(MAX_STEPS):
        if not address.startswith("https://"):
            return "", b""
        answer = session.get(address, allow_redirects=False)
        if not answer.is_redirect:
            break
        address = urljoin(address, answer.headers["Location"])
    if answer.status_code == 429 or answer.status_code >= 500:
        raise outbound.TransportError(f"status {answer.status_code}")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    good = answer.status_code == 200 and kind in TYPES and len(answer.content) <= MAX_BYTES
    return (kind, answer.content) if good else ("", b"")
