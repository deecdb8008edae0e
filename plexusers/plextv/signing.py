"""Becoming a home user, the token for a server, and the sign-in of a friend by a code."""

from typing import Any
from urllib.parse import urlencode

from cacherr.errors import PlexError
from plexusers.plextv.asking import PlexTv, PlexTvRefusedError, not_understood
from plexusers.plextv.values import Pin, Server

PINS = "/api/v2/pins"
RESOURCES = "/api/v2/resources"
CONFIRM_PAGE = "https://app.plex.tv/auth"
PIN_REQUIRED = 1041


class PinRefusedError(PlexError):
    """plex.tv wants a PIN, or another one: 403 with its number 1041."""


def switch(plex_tv: PlexTv, uuid: str, pin: str) -> str:
    """Become this home user: their token for plex.tv. One request, made with the owner's token.

    The token means nobody on the server itself; see `server_token`. Many switches in a row lead to 429.
    Raises PinRefusedError when the PIN is missing or wrong, PlexError.
    """
    path = f"/api/v2/home/users/{uuid}/switch"
    try:
        facts = plex_tv.facts("POST", path, {"pin": pin} if pin else None)
        token = str(facts["authToken"] or "")
    except PlexTvRefusedError as error:
        if error.code != PIN_REQUIRED:
            raise
        said = "Plex refuses the PIN of this user." if pin else "Plex asks for the PIN of this user."
        raise PinRefusedError(said, "Enter the right PIN on the user's page.") from error
    except (KeyError, TypeError) as error:
        raise not_understood(path) from error
    if not token:
        raise not_understood(path)
    return token


def server_token(plex_tv: PlexTv, machine_identifier: str) -> str:
    """The token for a server that the account of this connection has, or nothing. One request. Raises PlexError."""
    found = plex_tv.facts("GET", RESOURCES, {"includeHttps": "1"})
    if not isinstance(found, list):
        raise not_understood(RESOURCES)
    try:
        tokens = [str(one["accessToken"] or "") for one in found if one["clientIdentifier"] == machine_identifier]
    except (KeyError, TypeError) as error:
        raise not_understood(RESOURCES) from error
    return tokens[0] if tokens else ""


def servers(plex_tv: PlexTv) -> tuple[Server, ...]:
    """The servers that the account of this connection may use, its own first. One request. Raises PlexError."""
    found = plex_tv.facts("GET", RESOURCES, {"includeHttps": "1"})
    try:
        told = [_server(one) for one in found if "server" in str(one["provides"]).split(",")]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise not_understood(RESOURCES) from error
    return tuple(sorted(told, key=lambda server: (not server.owned, server.name.lower())))


def _server(facts: Any) -> Server:
    lines = [line for line in facts.get("connections") or () if not line.get("relay")]
    lines.sort(key=lambda line: not line.get("local"))
    # At home the bare address first: the one with a certificate needs a name server that lets it through.
    bare = [f"http://{_host(str(line['address']))}:{int(line['port'])}" for line in lines if line.get("local")]
    named = [str(line["uri"]) for line in lines]
    addresses = tuple(dict.fromkeys([*bare, *named]))
    return Server(str(facts["name"]), str(facts["clientIdentifier"]), bool(facts.get("owned")), addresses)


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def begin_sign_in(plex_tv: PlexTv) -> Pin:
    """A code that somebody can confirm at plex.tv. One request. Raises PlexError."""
    return _pin(plex_tv.facts("POST", PINS, {"strong": "true"}), PINS)


def sign_in(plex_tv: PlexTv, pin_id: int) -> Pin:
    """How far the sign-in is; it has a token once it is confirmed. One request.

    Not to be asked more than once a second. Raises NothingThereError when it has expired, PlexError.
    """
    return _pin(plex_tv.facts("GET", f"{PINS}/{pin_id}"), PINS)


def confirm_address(client_identifier: str, code: str, back: str) -> str:
    """Where somebody confirms the code, and then is led back."""
    query = {"clientID": client_identifier, "code": code, "context[device][product]": "Cacherr", "forwardUrl": back}
    return f"{CONFIRM_PAGE}#?{urlencode(query)}"


def _pin(facts: Any, path: str) -> Pin:
    try:
        return Pin(int(facts["id"]), str(facts["code"]), int(facts["expiresIn"]), str(facts.get("authToken") or ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise not_understood(path) from error
