"""The Plex server: found by signing in with Plex, or entered, and tried before it is stored."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from cacherr.errors import CacherrError, RefusedError
from cacherr.overrides import overrides_of
from caching import beginning
from caching.models import Setup
from caching.setup.frame import after, for_owner, page
from plexusers import codes, plextv
from plexusers import server as plex_server
from plexusers.codes import Code
from plexusers.models import PlexServer

EXPIRED = RefusedError("Plex has given up waiting for the sign-in.", "Begin it again.")


@for_owner
def plex(request: HttpRequest) -> HttpResponse:
    """Shows what is known of the server, and the ways to it."""
    if request.method != "POST":
        return _page(request, EXPIRED if "expired" in request.GET else None)
    try:
        return _WAYS.get(request.POST.get("do", ""), _page)(request)
    except CacherrError as error:
        return _page(request, error)


@for_owner
def waiting(request: HttpRequest) -> HttpResponse:
    """Where Plex leads back to: looks whether the sign-in is confirmed, and loads itself again until it is."""
    row = beginning.stored()
    if row.pin is None:
        return redirect("setup_plex")
    step, later = codes.look(_code(row), time.time(), lambda token: beginning.note(account_token=token))
    if step == "waiting":
        beginning.note(pin_next_look_at=later.next_look_at)
        wait = max(1, round(later.next_look_at - time.time()))
        address = codes.confirm_address(row.pin_code, _back(request))
        return page(request, "plex", template="waiting", wait=wait, confirm_address=address)
    beginning.note(pin=None, pin_code="")
    return redirect(reverse("setup_plex") + ("?expired" if step == "expired" else ""))


def _page(request: HttpRequest, problem: CacherrError | None = None) -> HttpResponse:
    row, server = beginning.stored(), PlexServer.effective()
    facts: dict[str, Any] = {"servers": None}
    if row.account_token:
        try:
            facts["servers"] = plextv.servers(plex_server.plex_tv(row.account_token))
        except CacherrError as error:
            problem = problem or error
    connected = bool(server.plex_url and server.plex_token and server.last_seen_at and not server.last_error)
    return page(
        request, "plex", problem=problem, status=422 if problem and request.method == "POST" else 200,
        server=server, connected=connected, given={field.name: o.variable for field, o in overrides_of(PlexServer)},
        has_token=bool(server.plex_token), url=request.POST.get("url") or server.plex_url, waits=row.pin is not None,
        **facts,
    )  # fmt: skip


def _sign_in(request: HttpRequest) -> HttpResponse:
    code = codes.begin(time.time())
    beginning.note(
        pin=code.pin, pin_code=code.code, pin_expires_at=code.expires_at, pin_next_look_at=code.next_look_at,
        account_token="",
    )  # fmt: skip
    return redirect(codes.confirm_address(code.code, _back(request)))


def _choose(request: HttpRequest) -> HttpResponse:
    """One of the account's servers, at an address of its own or at the one that was entered beside it."""
    token = beginning.stored().account_token
    entered = request.POST.get("url", "").strip()
    machine = request.POST.get("server", "")
    servers = plextv.servers(plex_server.plex_tv(token))
    found = next((one for one in servers if one.machine_identifier == machine and one.owned), None)
    if found is None:
        raise RefusedError(
            "This is no server of your own.", "Sign in as its owner: only the owner may see who plays what."
        )
    address = plex_server.reachable([entered] if entered else found.addresses, token, machine)
    plex_server.keep(address, token)
    beginning.note(account_token="")
    return after("plex")


def _enter(request: HttpRequest) -> HttpResponse:
    plex_server.keep(request.POST.get("url", ""), request.POST.get("token", ""))
    return after("plex")


def _forget(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - one signature for all ways
    beginning.note(account_token="", pin=None, pin_code="")
    return redirect("setup_plex")


_WAYS = {"sign_in": _sign_in, "choose": _choose, "enter": _enter, "forget": _forget}


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("setup_waiting"))


def _code(row: Setup) -> Code:
    return Code(row.pin or 0, row.pin_code, row.pin_expires_at, row.pin_next_look_at)
