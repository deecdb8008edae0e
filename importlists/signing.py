"""Signing in at Trakt by typing a code there, and keeping the sign-in alive.

As docs.trakt.tv tells: the code is asked for, the person types it, Trakt is asked until it has an answer: 400 not yet,
404 no such code, 409 used already, 410 too late, 418 refused, 429 asked too often. Access tokens last as long as
`expires_in` says, which Trakt has changed more than once.
"""

import json
import math
from datetime import datetime, timedelta
from typing import Any

from cacherr.documents import DocumentError, read_json
from cacherr.errors import ConfigurationError, OutsideError
from cacherr.fetching import Fetched, Fetcher
from importlists.asking import judge
from importlists.contract import Keys
from importlists.models import ListPolicy, TraktAccount

HOST = "api.trakt.tv"
BEFORE_THE_END = timedelta(hours=1)
AGAIN = "Begin the sign-in once more."
ENDED = {
    404: "Trakt does not know the code.",
    409: "The code was used already.",
    410: "The code was not typed in time.",
    418: "The sign-in was refused at Trakt.",
}
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


def account() -> TraktAccount:
    """The row, or an empty one."""
    return TraktAccount.objects.filter(pk=1).first() or TraktAccount()


def begin(now: datetime) -> TraktAccount:
    """Ask for a code that the person types at Trakt. Raises ConfigurationError and OutsideError."""
    policy = _policy()
    told = _post("oauth/device/code", {"client_id": policy.trakt_client_id})
    row = account()
    try:
        row.device_code, row.user_code = str(told["device_code"]), str(told["user_code"])[:40]
        row.verification_url = str(told.get("verification_url") or "https://trakt.tv/activate")[:300]
        row.code_expires_at = now + timedelta(seconds=float(told["expires_in"]))
        row.ask_seconds = min(300, max(1, math.ceil(float(told.get("interval") or 5))))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _strange() from None
    row.asked_at, row.problem = now, ""
    row.save()
    return row


def look(now: datetime) -> TraktAccount:
    """Ask whether the code was typed, unless Trakt was asked just now. Raises ConfigurationError and OutsideError."""
    row = account()
    too_early = row.asked_at is not None and now - row.asked_at < timedelta(seconds=row.ask_seconds)
    if not row.device_code or too_early or not _is_mine(row, now):
        return row
    policy = _policy()
    keys = {"client_id": policy.trakt_client_id, "client_secret": policy.trakt_client_secret}
    answer = _send("oauth/device/token", {"code": row.device_code, **keys})
    if answer.status == 200:
        _keep(row, _read(answer), now)
    elif answer.status in ENDED or (row.code_expires_at and row.code_expires_at < now):
        _end(row, f"{ENDED.get(answer.status, ENDED[410])} {AGAIN}")
    elif answer.status == 429:
        row.ask_seconds = min(300, row.ask_seconds + 5)
        row.save()
    elif answer.status != 400:
        judge(HOST, answer)
    return row


def forget() -> None:
    """Sign out here; Trakt itself is not told."""
    TraktAccount.objects.filter(pk=1).delete()


def keys(now: datetime) -> Keys:
    """The keys of all services; Trakt's token made anew shortly before it ends. Never raises for Trakt's sake."""
    policy = ListPolicy.effective()
    row = account()
    if row.signed_in and row.expires_at is not None and row.expires_at - now < BEFORE_THE_END:
        row = _renewed(row, now)
    return Keys(policy.trakt_client_id, row.access_token, policy.tmdb_key, policy.mdblist_key)


def _renewed(row: TraktAccount, now: datetime) -> TraktAccount:
    if not _is_mine(row, now):
        return row  # another process does it
    try:
        policy = _policy()
        told = {
            "refresh_token": row.refresh_token, "grant_type": "refresh_token", "redirect_uri": OUT_OF_BAND,
            "client_id": policy.trakt_client_id, "client_secret": policy.trakt_client_secret,
        }  # fmt: skip
        answer = _send("oauth/token", told)
        if answer.status in {400, 401, 403}:
            # Only such an answer says anything about the sign-in; any other one leaves it as it is.
            row.access_token = row.refresh_token = ""
            _end(row, "Trakt ended the sign-in. Sign in again.")
            return row
        judge(HOST, answer)
        _keep(row, _read(answer), now)
    except (OutsideError, ConfigurationError) as error:
        row.problem = str(error)
        row.save(update_fields=["problem"])
    return row


def _is_mine(row: TraktAccount, now: datetime) -> bool:
    """Whether this process may ask now: of two that would, one does."""
    mine = TraktAccount.objects.filter(pk=1, asked_at=row.asked_at).update(asked_at=now) == 1
    row.asked_at = now if mine else row.asked_at
    return mine


def _policy() -> ListPolicy:
    policy = ListPolicy.effective()
    if not policy.trakt_client_id or not policy.trakt_client_secret:
        raise ConfigurationError(
            "Signing in at Trakt needs a client ID and a client secret.",
            "Make an application at trakt.tv/oauth/applications and enter both in the list settings.",
        )
    return policy


def _keep(row: TraktAccount, told: Any, now: datetime) -> None:
    try:
        row.access_token, row.refresh_token = str(told["access_token"]), str(told["refresh_token"])
        row.expires_at = now + timedelta(seconds=float(told["expires_in"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _strange() from None
    _end(row, "")


def _end(row: TraktAccount, problem: str) -> None:
    row.device_code = row.user_code = ""
    row.code_expires_at, row.problem = None, problem
    row.save()


def _post(path: str, told: dict[str, str]) -> Any:
    answer = _send(path, told)
    judge(HOST, answer)
    return _read(answer)


def _send(path: str, told: dict[str, str]) -> Fetched:
    headers = {"Content-Type": "application/json", "trakt-api-version": "2", "trakt-api-key": told["client_id"]}
    return Fetcher().fetch(f"https://{HOST}/{path}", headers=headers, body=json.dumps(told).encode())


def _read(answer: Fetched) -> Any:
    try:
        return read_json(answer.body)
    except DocumentError:
        raise _strange() from None


def _strange() -> OutsideError:
    return OutsideError("Trakt answers with something that cannot be understood.", AGAIN)
