"""Connecting to the configured Plex server, and to plex.tv as its owner; remembering how it went."""

from django.utils import timezone

from cacherr.errors import ConfigurationError, PlexError, PlexSignInError
from plexusers.models import PlexServer
from plexusers.plex import Plex
from plexusers.plextv import PlexTv


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
