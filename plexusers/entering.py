"""Tokens that people bring: pasted by the owner, or by the user who signs in. Each is proved to be that user's."""

from cacherr.errors import PlexSignInError, RefusedError
from plexusers import plextv, tokens
from plexusers.models import PlexUser, TokenOrigin, UserKind
from plexusers.server import connect_with, machine_identifier, plex_tv
from plexusers.token_form import require_well_formed


def paste(user: PlexUser, token: str) -> None:
    """Keep a token that somebody pasted: the user's for the server or, better, the one for plex.tv.

    Whose a token for the server is cannot be asked; that it is neither the owner's nor another user's is made sure.
    At most four requests. Raises RefusedError with the reason, PlexError, ConfigurationError.
    """
    if user.kind == UserKind.MAIN:
        raise RefusedError("The owner's token is the server's.", "Enter it at “Plex server”.")
    require_well_formed(token)
    try:
        plex = connect_with(token)
    except PlexSignInError:
        _paste_account_token(user, token)
        return
    if plex.is_owners():
        raise RefusedError(f"This is the owner's token, not that of {user}.", f"Paste a token of {user}.")
    tokens.keep(user, token, TokenOrigin.PASTED)


def accept(user: PlexUser, account_token: str, origin: TokenOrigin) -> None:
    """Keep the plex.tv token of exactly this user, and the server token that comes with it. Two requests.

    Raises RefusedError when it is another account's or the server is not shared with it, PlexSignInError when it is
    nobody's, PlexError, ConfigurationError.
    """
    asked = plex_tv(account_token)
    account = plextv.account(asked)
    if account.plex_id != user.plex_id:
        raise RefusedError(f"This is the Plex account of {account.title or account.username}, not that of {user}.")
    token = plextv.server_token(asked, machine_identifier())
    if not token:
        raise RefusedError(f"At Plex no library of this server is shared with {user}.", "Share one, then try again.")
    tokens.keep(user, token, origin, account_token)


def _paste_account_token(user: PlexUser, token: str) -> None:
    try:
        accept(user, token, TokenOrigin.PASTED)
    except PlexSignInError as error:
        raise RefusedError("Neither the server nor plex.tv takes this token.", "Copy it once more, whole.") from error
