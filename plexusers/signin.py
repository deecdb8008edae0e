"""The page on which a friend signs in: no account here is needed, only the link that the owner sent."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cacherr.errors import CacherrError, RefusedError
from plexusers import invitations
from plexusers.invitations import SignIn
from plexusers.models import PlexServer, PlexUser

KEPT = "plex_sign_in"
"""Where the session keeps a sign-in in progress: its code is a secret until it is confirmed."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def signin(request: HttpRequest, link: str) -> HttpResponse:
    """Says what is going to happen; the button leads to Plex's own page."""
    try:
        user = invitations.invited(link)
        if request.method == "POST":
            return _to_plex(request, link, user)
    except CacherrError as error:
        return _page(request, "problem", status=404 if isinstance(error, RefusedError) else 503, problem=error)
    return _page(request, "begin", user=user)


@never_cache
@require_http_methods(["GET", "HEAD"])
def signed_in(request: HttpRequest, link: str) -> HttpResponse:
    """Where Plex leads back to: looks whether the sign-in is confirmed, and loads itself again until it is."""
    again = reverse("signin", args=[link])
    try:
        user = invitations.invited(link)
        sign_in = _kept(request, user)
        if sign_in is None:
            return redirect(again)
        step, later = invitations.look(user, sign_in, time.time())
    except CacherrError as error:
        request.session.pop(KEPT, None)
        return _page(request, "problem", status=409, problem=error, again=again)
    if step == "waiting":
        request.session[KEPT] = later.kept()
        wait = max(1, round(later.next_look_at - time.time()))
        return _page(request, "waiting", user=user, wait=wait, again=again)
    request.session.pop(KEPT, None)
    return _page(request, step, user=user, again=again)


def _to_plex(request: HttpRequest, link: str, user: PlexUser) -> HttpResponse:
    sign_in = invitations.begin(user, time.time())
    request.session[KEPT] = sign_in.kept()
    back = request.build_absolute_uri(reverse("signed_in", args=[link]))
    return redirect(invitations.confirm_address(sign_in, back))


def _kept(request: HttpRequest, user: PlexUser) -> SignIn | None:
    """The sign-in that this browser began for this user."""
    kept = request.session.get(KEPT)
    sign_in = SignIn(**kept) if kept else None
    return sign_in if sign_in and sign_in.user == user.plex_id else None


def _page(request: HttpRequest, step: str, *, status: int = 200, **facts: Any) -> HttpResponse:
    server = PlexServer.stored().friendly_name or "this Plex server"
    return render(request, "plexusers/signin.html", {"step": step, "server": server, **facts}, status=status)
