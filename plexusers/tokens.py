"""The token with which each user's wishes are read.

A token comes from the shares (one request for everybody), from a switch to a home user, or from a person who pastes it
or signs in. It is asked for anew only when the server refuses it (401, 422, 498), and it is never thrown away: not when
plex.tv asks for a pause, fails or is silent, and not when it was refused, since what was refused may be good again.
A user without a token is never read with anybody else's.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from cacherr.errors import PlexError, PlexSignInError, RefusedError
from plexusers import plextv
from plexusers.models import PlexServer, PlexUser, SourceState, TokenOrigin, UserKind
from plexusers.plex import Plex
from plexusers.server import connect, connect_with, machine_identifier, plex_tv

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=10)
"""plex.tv is not asked for a user's token more often than this, and not for everybody's either."""
SHARES = "tokens"
"""The source under which it is noted when a refused token led to a look at the shares."""


def connect_as(user: PlexUser) -> Plex:
    """The server as this user sees it: with this user's token and no other.

    One request to the server; a refused token is asked for anew, once. Raises PlexSignInError with what to do when
    there is no good token, ConfigurationError, PlexError.
    """
    if user.kind == UserKind.MAIN:
        return connect()
    user.refresh_from_db()  # one user's refused token may have brought new ones for all
    if user.token:
        try:
            return _opened(user)
        except PlexSignInError:
            _mark_refused(user)
    renew(user)
    try:
        return _opened(user)
    except PlexSignInError as error:
        raise _problem(user, str(error)) from error


def account_token(user: PlexUser) -> str:
    """The user's token for plex.tv, which the watchlist needs; empty when there is none."""
    if user.kind == UserKind.MAIN:
        return str(PlexServer.effective().plex_token)
    return str(user.account_token)


def become(user: PlexUser) -> str:
    """A home user's token for plex.tv, by a switch to them, and kept; empty where a switch is no way. One request.

    Raises PlexSignInError when Plex refuses the PIN, PlexError.
    """
    if not _can_switch(user):
        return ""
    user.account_token = _switched(user)
    user.save(update_fields=["account_token"])
    return str(user.account_token)


def renew(user: PlexUser, *, shares_known: bool = False) -> None:
    """Ask plex.tv for another token than the user has, and keep it. At most four requests, at most every ten minutes.

    Raises PlexSignInError when plex.tv has none, with what to do; PlexError when plex.tv cannot be asked, and then
    nothing has changed.
    """
    refused, now = user.token, timezone.now()
    if user.token_asked_at and now - user.token_asked_at < PAUSE:
        raise PlexSignInError(user.token_problem or _lacking(user))
    PlexUser.objects.filter(pk=user.pk).update(token_asked_at=now)
    if not shares_known:
        _ask_shares(now)
    user.refresh_from_db()
    if user.token in {"", refused} and not (_ask_in_own_name(user, refused) or _switch(user, refused)):
        raise _problem(user, _lacking(user))


def enter_pin(user: PlexUser, pin: str) -> None:
    """Store a home user's PIN, to be tried at the next opportunity; an empty one forgets it."""
    user.pin, user.pin_refused, user.token_asked_at = pin, False, None
    user.save(update_fields=["pin", "pin_refused", "token_asked_at"])


def take_shares(shares: Iterable[plextv.Share]) -> None:
    """Keep the tokens that came with the shares, for users who have none, one from there, or a refused one."""
    told = {share.plex_id: share.token for share in shares if share.token}
    for user in PlexUser.objects.filter(plex_id__in=told).exclude(kind=UserKind.MAIN):
        follows = not user.token or user.token_problem or user.token_origin == TokenOrigin.SHARE
        if follows and told[user.plex_id] != user.token:
            try:
                keep(user, told[user.plex_id], TokenOrigin.SHARE)
            except RefusedError as error:
                log.warning("%s", error.message)


def keep(user: PlexUser, token: str, origin: TokenOrigin, account: str = "") -> None:
    """Store a token for the server, and the one for plex.tv when there is one.

    Raises RefusedError for a token that is already somebody else's: with that, one would be read as the other.
    """
    others = PlexUser.objects.exclude(pk=user.pk).exclude(token="")
    if token == PlexServer.effective().plex_token or any(token == other.token for other in others):
        raise RefusedError(f"The token given for {user} belongs to somebody else.", _cure(user))
    user.token, user.token_origin, user.token_problem = token, origin, ""
    user.account_token = account or user.account_token
    user.token_asked_at = None  # should it be refused, it may be asked for anew at once
    user.save(update_fields=["token", "token_origin", "token_problem", "account_token", "token_asked_at"])


def _opened(user: PlexUser) -> Plex:
    try:
        plex = connect_with(user.token)
    except PlexSignInError as error:
        raise PlexSignInError(_lacking(user)) from error
    if user.token_problem:
        user.token_problem = ""
        user.save(update_fields=["token_problem"])
    return plex


def _ask_shares(now: datetime) -> None:
    """Everybody's tokens at once; a second refused token soon after the first learns nothing by asking again."""
    state = SourceState.objects.filter(source=SHARES, user=None).first()
    if state is None or now - state.checked_at >= PAUSE:
        take_shares(plextv.shares(plex_tv(), machine_identifier()))
        SourceState.objects.update_or_create(
            source=SHARES, user=None, defaults={"since": now, "checked_at": now, "good_at": now}
        )


def _ask_in_own_name(user: PlexUser, refused: str) -> bool:
    """With the user's own token for plex.tv: one request. Whether another token for the server came of it."""
    if not user.account_token:
        return False
    try:
        token = plextv.server_token(plex_tv(user.account_token), machine_identifier())
    except PlexSignInError:
        log.info("plex.tv refuses the sign-in of %s.", user)
        return False
    return _keep_another(user, token, refused, TokenOrigin(user.token_origin), user.account_token)


def _can_switch(user: PlexUser) -> bool:
    """Whether there is a way to become this user: none while a PIN is lacking."""
    return user.kind == UserKind.HOME and not user.pin_refused and not (user.protected and not user.pin)


def _switch(user: PlexUser, refused: str) -> bool:
    """By becoming the home user: two requests. Whether another token came of it."""
    if not _can_switch(user):
        return False
    account = _switched(user)
    token = plextv.server_token(plex_tv(account), machine_identifier())
    return _keep_another(user, token, refused, TokenOrigin.SWITCH, account)


def _switched(user: PlexUser) -> str:
    try:
        return plextv.switch(plex_tv(), user.uuid, user.pin)
    except plextv.PinRefusedError as error:
        user.pin_refused = True
        user.save(update_fields=["pin_refused"])
        raise _problem(user, str(error)) from error


def _keep_another(user: PlexUser, token: str, refused: str, origin: TokenOrigin, account: str) -> bool:
    if token in {"", refused}:
        return False
    try:
        keep(user, token, origin, account)
    except RefusedError as error:
        raise _problem(user, str(error)) from error
    return True


def _mark_refused(user: PlexUser) -> None:
    """From now on a token from elsewhere may take the place of this one."""
    if not user.token_problem:
        user.token_problem = f"Plex refuses the token of {user}."
        user.save(update_fields=["token_problem"])


def _problem(user: PlexUser, why: str) -> PlexSignInError:
    """Note why there is no good token. The token itself stays."""
    if user.token_problem != why:
        log.warning("%s", why)
        user.token_problem = why
        user.save(update_fields=["token_problem"])
    return PlexSignInError(why)


def _lacking(user: PlexUser) -> str:
    if user.token:
        return f"Plex refuses the token of {user}, and plex.tv has no other. {_cure(user)}"
    return f"There is no token for {user}. {_cure(user)}"


def _cure(user: PlexUser) -> str:
    if user.kind == UserKind.HOME and user.pin_refused:
        return "Plex did not take the PIN: enter the right one on the user's page."
    if user.kind == UserKind.HOME and user.protected and not user.pin:
        return "Enter the PIN on the user's page."
    if user.managed:
        return "Look whether the libraries are shared with this user at Plex, then refresh the users."
    return "Send this user the sign-in link, or paste a token on the user's page."


def note(user: PlexUser, error: PlexError) -> None:
    """Remember that there is no token yet because plex.tv could not be asked."""
    if not user.token:
        _problem(user, f"There is no token for {user} yet. {error}")
