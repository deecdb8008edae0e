"""Webhooks of Plex, Tautulli, Sonarr and Radarr: triggers, nothing else. Whoever knows the address may send one.

What is sent is looked at only as far as to see that it is what it claims to be: what plays is always asked of Plex, and
what became of files is looked up by a cycle.
"""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.utils.crypto import constant_time_compare
from ninja import Router
from ninja.errors import HttpError

from cacherr.envelope import SENTENCES, Envelope, ok
from caching import arr, watching
from plexusers.models import WatchPolicy

router = Router(tags=["webhooks"])

MOST_BYTES = 2 * 1024 * 1024
"""Plex sends a few kilobytes and a thumbnail; Tautulli what its owner wrote."""
UNREADABLE = (
    ValueError, RecursionError, MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent,
    RawPostDataException,
)  # fmt: skip

NO_WEBHOOK = "This is no webhook that Cacherr understands. Set it up as docs/watching.md says."
SOON = f"Cacherr looks at it with a cycle in {arr.WAIT_SECONDS // 60} minutes."

Answer = Envelope[dict[str, Any]]


@router.post("plex/{secret}", response=Answer)
def from_plex(request: HttpRequest, secret: str) -> dict[str, Any]:
    """Plex says that something happened: a form with the part `payload`, and perhaps a picture."""
    _admit(request, secret)
    _content(lambda: request.POST["payload"])
    return _look()


@router.post("tautulli/{secret}", response=Answer)
def from_tautulli(request: HttpRequest, secret: str) -> dict[str, Any]:
    """Tautulli says that something happened: any JSON object."""
    _admit(request, secret)
    _content(lambda: request.body)
    return _look()


@router.post("arr/{secret}", response=Answer)
def from_arr(request: HttpRequest, secret: str) -> dict[str, Any]:
    """Sonarr or Radarr say that something happened: a JSON object with `eventType`. New files lead to a cycle soon."""
    _admit(request, secret)
    concerned = arr.concerns_files(_content(lambda: request.body))
    if concerned is None:
        raise HttpError(400, NO_WEBHOOK)
    if not concerned:
        return ok({}, "Cacherr has heard it; no file changed.")
    return ok({}, SOON if arr.hint() else "Cacherr looks at it with its next cycle.")


def _admit(request: HttpRequest, secret: str) -> None:
    """Answers 404 to a wrong secret, as to any other address; 411 and 413 to a body without or beyond a size."""
    expected = WatchPolicy.effective().webhook_secret
    if not (constant_time_compare(secret, expected or "") and expected):
        raise HttpError(404, SENTENCES[404])
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdigit():
        raise HttpError(411, "Say how long the content is.")
    if int(length) > MOST_BYTES:
        raise HttpError(413, f"A webhook is at most {MOST_BYTES // 2**20} MB long.")


def _content(read: Callable[[], str | bytes]) -> dict[str, Any]:
    """What was sent. Raises HttpError when it is no JSON object."""
    try:
        content = json.loads(read())
    except (*UNREADABLE, KeyError) as error:
        raise HttpError(400, NO_WEBHOOK) from error
    if not isinstance(content, dict):
        raise HttpError(400, NO_WEBHOOK)
    return content


def _look() -> dict[str, Any]:
    watching.ask_to_look()
    return ok({}, "Cacherr looks at what plays.")
