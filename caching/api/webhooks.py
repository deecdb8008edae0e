"""Webhooks of Plex and Tautulli: triggers, nothing else. Whoever knows the address may send one.

What is sent is looked at only as far as to see that it is what it claims to be: what plays is always asked of Plex.
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
from caching import watching
from plexusers.models import WatchPolicy

router = Router(tags=["webhooks"])

MOST_BYTES = 2 * 1024 * 1024
"""Plex sends a few kilobytes and a thumbnail; Tautulli what its owner wrote."""
UNREADABLE = (
    ValueError, RecursionError, MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent,
    RawPostDataException,
)  # fmt: skip

Answer = Envelope[dict[str, Any]]


@router.post("plex/{secret}", response=Answer)
def from_plex(request: HttpRequest, secret: str) -> dict[str, Any]:
    """Plex says that something happened: a form with the part `payload`, and perhaps a picture."""
    _admit(request, secret)
    return _trigger(lambda: request.POST["payload"])


@router.post("tautulli/{secret}", response=Answer)
def from_tautulli(request: HttpRequest, secret: str) -> dict[str, Any]:
    """Tautulli says that something happened: any JSON object."""
    _admit(request, secret)
    return _trigger(lambda: request.body)


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


def _trigger(read: Callable[[], str | bytes]) -> dict[str, Any]:
    try:
        content = json.loads(read())
    except (*UNREADABLE, KeyError) as error:
        raise HttpError(400, "This is no webhook that Cacherr understands.") from error
    if not isinstance(content, dict):
        raise HttpError(400, "This is no webhook that Cacherr understands.")
    watching.ask_to_look()
    return ok({}, "Cacherr looks at what plays.")
