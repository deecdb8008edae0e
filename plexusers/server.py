"""Connecting to the configured Plex server, and to plex.tv as its owner; remembering how it went."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone

from cacherr.errors import ConfigurationError, PlexError, PlexSignInError, PlexUnreachableError
from plexusers.models import PlexServer, validate_server_address
from plexusers.plex import Plex
from plexusers.plextv import PlexTv
from plexusers.token_form import require_well_formed

MOST_ADDRESSES = 6
"""Of a server that are tried: each may take some seconds."""


def connect() -> Plex:
    """Connect with the settings in force. Raises ConfigurationError or PlexError; the outcome is kept on the row."""
    try:
        plex = Plex(_in_force())
    except PlexError as error:
        refused = isinstance(error, PlexSignInError)
        PlexServer.objects.filter(pk=1).update(last_error=str(error), sign_in_needed=refused)
        raise
    PlexServer.objects.filter(pk=1).update(
        last_error="",
        sign_in_needed=False,
        last_seen_at=timezone.now(),
        machine_identifier=plex.machine_identifier,
        friendly_name=plex.friendly_name,
    )
    return plex


@dataclass(frozen=True, slots=True)
class Tried:
    """A Plex server that answers, and takes a token as its owner's."""

    name: str
    machine_identifier: str
    libraries: tuple[str, ...]
    """Titles."""


def tried(url: str = "", token: str = "") -> Tried:
    """Try an address and a token, either of them as in force where it is empty. Three requests; nothing is stored.

    Raises ConfigurationError for what is missing, no token or not the owner's, PlexError.
    """
    server = _in_force()
    server.plex_url, server.plex_token = url.strip().rstrip("/") or server.plex_url, token.strip() or server.plex_token
    if server.plex_url:
        try:
            validate_server_address(server.plex_url)
        except ValidationError as error:
            raise ConfigurationError(f"{server.plex_url} is no address.", error.messages[0]) from error
    require_well_formed(server.plex_token)
    plex = Plex(server)
    libraries = tuple(section.title for section in plex.sections())
    if not plex.is_owners():
        raise ConfigurationError(
            f"This token is not that of the owner of {plex.friendly_name or server.plex_url}.",
            "Sign in as the owner, or paste the owner's token: only the owner may see who plays what.",
        )
    return Tried(plex.friendly_name or server.plex_url, plex.machine_identifier, libraries)


def keep(url: str, token: str) -> Tried:
    """Try an address and a token, and store them when they are good. Raises as `tried` does; then nothing is stored."""
    found = tried(url, token)
    row = PlexServer.objects.get(pk=1)
    row.plex_url, row.plex_token = url.strip().rstrip("/") or row.plex_url, token.strip() or row.plex_token
    row.save(update_fields=["plex_url", "plex_token"])
    connect()
    return found


def reachable(addresses: Iterable[str], token: str, machine: str) -> str:
    """The first of these addresses at which this very server answers. Raises PlexUnreachableError when none does."""
    told = list(addresses)[:MOST_ADDRESSES]
    for address in told:
        try:
            found = tried(address, token)
        except PlexUnreachableError:
            continue
        if found.machine_identifier == machine:
            return address
    raise PlexUnreachableError(
        f"Plex does not answer at any of its addresses: {', '.join(told) or 'it named none'}.",
        "Enter the address at which the machine of Cacherr reaches it, such as http://192.168.1.10:32400.",
    )


def connect_with(token: str) -> Plex:
    """Connect with this token and no other. Raises ConfigurationError, PlexError."""
    server = _in_force()
    # Never saved: a row with values from outside refuses it. An empty token is refused by Plex itself.
    server.plex_token = token
    return Plex(server)


def plex_tv(token: str | None = None) -> PlexTv:
    """plex.tv, asked in the name of the server's owner, or of the account with this token.

    Raises ConfigurationError without a token.
    """
    server = _in_force()
    token = server.plex_token if token is None else token
    if not token:
        raise ConfigurationError("The Plex token is not set.", "Set PLEX_TOKEN or enter it in the admin.")
    return PlexTv(server.client_identifier, token)


def nobody_at_plex_tv() -> PlexTv:
    """plex.tv, asked in nobody's name: to begin a sign-in."""
    return PlexTv(_in_force().client_identifier)


def client_identifier() -> str:
    """This installation's name at Plex; the same for ever."""
    return _in_force().client_identifier


def machine_identifier() -> str:
    """The server's own name. Asks it once in its life. Raises ConfigurationError, PlexError."""
    return PlexServer.stored().machine_identifier or connect().machine_identifier


def _in_force() -> PlexServer:
    # The row exists from the first contact on: its client identifier must stay the same for ever.
    PlexServer.objects.get_or_create(pk=1)
    return PlexServer.effective()
