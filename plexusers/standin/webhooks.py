"""The webhooks that Plex and Tautulli send: real requests with real bodies, for whoever wants to receive them."""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Literal

from plexusers.standin.household import Household
from plexusers.standin.records import Account, Episode, Movie, Playable

PlexEvent = Literal[
    "media.play", "media.pause", "media.resume", "media.stop", "media.scrobble", "media.rate", "library.new",
    "library.on.deck", "playback.started",
]  # fmt: skip
WITH_PICTURE = frozenset({"media.play", "media.rate", "library.new", "library.on.deck"})
"""Plex sends a thumbnail along with these."""
THUMB = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb0043") + bytes(64) + bytes.fromhex("ffd9")
"""The beginning and the end of a JPEG."""
SECONDS = 10.0


def plex_payload(household: Household, account: Account, item: Playable, event: PlexEvent) -> dict[str, object]:
    """What Plex says of an event: without any file, and with the server's own number of the account."""
    kind = "movie" if isinstance(item, Movie) else "episode"
    metadata: dict[str, object] = {
        "librarySectionType": "movie" if kind == "movie" else "show",
        "ratingKey": item.key,
        "key": f"/library/metadata/{item.key}",
        "guid": item.guid,
        "type": kind,
        "title": item.title,
        "librarySectionID": int(item.section),
    }
    if isinstance(item, Episode):
        metadata |= {"grandparentRatingKey": item.show, "parentIndex": item.season_index, "index": item.index}
    return {
        "event": event,
        "user": account.kind == "owner",
        "owner": True,
        "Account": {"id": account.id, "thumb": "", "title": account.title},
        "Server": {"title": household.name, "uuid": household.machine_identifier},
        "Player": {"local": True, "publicAddress": "192.0.2.10", "title": "Television", "uuid": f"player-{account.id}"},
        "Metadata": metadata,
    }


def multipart(payload: Mapping[str, object], *, picture: bool) -> tuple[str, bytes]:
    """Content type and body as Plex sends them: a form with the part `payload`, and perhaps a picture."""
    boundary = f"----------------------------{secrets.token_hex(8)}"
    parts = [
        b'Content-Disposition: form-data; name="payload"\r\nContent-Type: application/json\r\n\r\n'
        + json.dumps(payload).encode()
    ]
    if picture:
        head = b'Content-Disposition: form-data; name="thumb"; filename="thumb.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        parts.append(head + THUMB)
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return f"multipart/form-data; boundary={boundary}", body


def send_plex(url: str, household: Household, account: Account, item: Playable, event: PlexEvent = "media.play") -> int:
    """Send Plex's webhook: the status of the answer."""
    payload = plex_payload(household, account, item, event)
    return post(url, *multipart(payload, picture=event in WITH_PICTURE))


def send_tautulli(url: str, account: Account, item: Playable, action: str = "play") -> int:
    """Send Tautulli's webhook with the JSON that our documentation proposes: the status of the answer."""
    body = {"action": action, "user_id": str(account.id), "user": account.title, "rating_key": item.key}
    return post(url, "application/json", json.dumps(body).encode())


def post(url: str, content_type: str, body: bytes) -> int:
    """Send a body: the status of the answer."""
    request = urllib.request.Request(url, body, {"Content-Type": content_type}, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the address is the test's own
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
