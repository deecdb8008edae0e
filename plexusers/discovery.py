"""Mirrors plex.tv's accounts into rows: who belongs to the server, what is shared with whom, and with which token.

Four requests for everybody, at most once in the setting's hours. When plex.tv is away, fails, or tells of a sudden
emptiness, nothing changes: what was known stays in force.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cacherr.errors import ConfigurationError, PlexError, PlexSignInError, PlexUnreachableError
from plexusers import plextv, remarks, sources, tokens, whos_who
from plexusers.models import (
    PlexUser,
    RemarkKind,
    SourceState,
    SourceStatus,
    TokenOrigin,
    UserKind,
    UserTypeDefaults,
    WatchPolicy,
)
from plexusers.server import machine_identifier, plex_tv
from plexusers.whos_who import Member

log = logging.getLogger(__name__)

SOURCE = "users"
PAUSE = timedelta(minutes=10)
"""After a failure plex.tv is left alone for so long, unless somebody asks."""
OWNER = 1
"""The number that the server itself gives its owner: in use until plex.tv has told the real one."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a look at the users found. The texts are names for people."""

    asked: bool = False
    """False: the last answer is still good."""
    new: tuple[str, ...] = ()
    renamed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    """Why users have no good token, by name."""
    failed: str = ""
    """Why plex.tv was not believed or could not be asked; then nothing has changed."""

    def told(self) -> dict[str, Any]:
        """For answers and reports."""
        names = {name: list(getattr(self, name)) for name in ("new", "renamed", "gone", "back")}
        return {**names, "problems": dict(self.problems)}


def keep_up(*, force: bool = False) -> Synced:
    """Look at the users when the last look is too old, or in any case. What goes wrong is told, not raised."""
    try:
        return sync(force=force)
    except (PlexError, ConfigurationError) as error:
        log.warning("The users stay as they were. %s", error)
        return Synced(failed=str(error))


def sync(*, force: bool = False) -> Synced:
    """Mirror the accounts when the last answer is too old, or in any case. Raises ConfigurationError, PlexError."""
    ensure_owner()
    now = timezone.now()
    state = SourceState.objects.filter(source=SOURCE, user=None).first()
    if not force and not _is_due(state, now):
        return Synced(problems=_problems())
    try:
        found, shares = _ask()
        synced = _believe(found, state.drops if state else 0, now)
    except PlexError as error:
        sources.was_bad(SOURCE, now, str(error), dropped=isinstance(error, _DoubtError))
        raise
    sources.was_good(SOURCE, now, count=len(found))
    _note(synced)
    tokens.take_shares(shares)
    _find_tokens()
    return replace(synced, problems=_problems())


HAPPENED = {
    "new": "{} was found among the users.",
    "renamed": "{}.",
    "gone": "The server is no longer shared with {}.",
    "back": "{} is back among the users.",
}


def _note(synced: Synced) -> None:
    for what, sentence in HAPPENED.items():
        for name in getattr(synced, what):
            remarks.note(RemarkKind.USER, sentence.format(name))


def ensure_owner() -> PlexUser:
    """The owner is known even before plex.tv has said who that is."""
    owner, _ = PlexUser.objects.get_or_create(
        kind=UserKind.MAIN, defaults={"plex_id": OWNER, "title": "Owner", "token_origin": TokenOrigin.OWNER}
    )
    return owner


class _DoubtError(PlexUnreachableError):
    """An answer that is not believed before it was given twice."""


def _is_due(state: SourceState | None, now: datetime) -> bool:
    if state is None:
        return True
    if state.status != SourceStatus.FRESH:
        return now - state.checked_at >= PAUSE
    return now - state.checked_at >= timedelta(hours=WatchPolicy.effective().users_hours)


def _ask() -> tuple[dict[int, Member], tuple[plextv.Share, ...]]:
    """Everything there is to know, or an error: a part of it could look as if somebody had left."""
    machine = machine_identifier()
    asked = plex_tv()
    try:
        owner = plextv.account(asked)
        users, home = plextv.users(asked), plextv.home(asked)
        shares = plextv.shares(asked, machine)
    except PlexSignInError as error:
        cure = "Enter a fresh X-Plex-Token of the server's owner."
        raise PlexSignInError("plex.tv refuses the owner's token.", cure) from error
    except (plextv.NothingThereError, plextv.PlexTvRefusedError) as error:
        cure = "Enter the X-Plex-Token of the account that owns this server."
        raise PlexError("plex.tv does not show this server's users to the owner of the token.", cure) from error
    return whos_who.members(machine, owner, users, home, shares), shares


def _believe(found: dict[int, Member], drops: int, now: datetime) -> Synced:
    """Write the differences. Raises _DoubtError when too many users are missing for the first time."""
    with transaction.atomic():
        _recognise_owner(next(one for one in found.values() if one.kind == UserKind.MAIN))
        rows = {row.plex_id: row for row in PlexUser.objects.all()}
        present = [row for row in rows.values() if row.gone_at is None and row.kind != UserKind.MAIN]
        left = [row for row in present if row.plex_id not in found]
        if whos_who.too_many_left(len(present), len(left)) and not drops:
            raise _DoubtError(
                f"plex.tv names {len(present) - len(left)} of {len(present)} users that are known.",
                "It is believed when it says so again; until then everybody stays.",
            )
        for row in left:
            PlexUser.objects.filter(pk=row.pk).update(gone_at=now)
        new = [_add(member, now) for number, member in found.items() if number not in rows]
        renamed = [name for number, member in found.items() if (name := _update(rows.get(number), member, now))]
        back = [str(row) for row in rows.values() if row.gone_at and row.plex_id in found]
    return Synced(True, tuple(new), tuple(renamed), tuple(map(str, left)), tuple(back))


def _recognise_owner(member: Member) -> None:
    """The provisional owner gets the real number; another owner than before takes the place of the former one."""
    number, row = member.account.plex_id, ensure_owner()
    if row.plex_id == number:
        return
    known = PlexUser.objects.filter(plex_id=number)
    if row.plex_id == OWNER and not known.exists():
        PlexUser.objects.filter(pk=row.pk).update(plex_id=number)
        return
    if row.plex_id == OWNER:
        row.delete()
    else:
        PlexUser.objects.filter(pk=row.pk).update(kind=UserKind.SHARED, token_origin=TokenOrigin.NONE)
    known.update(kind=UserKind.MAIN, token_origin=TokenOrigin.OWNER)


def _add(member: Member, now: datetime) -> str:
    """A new user, enabled or not as the type's defaults say."""
    defaults = UserTypeDefaults.objects.filter(kind=member.kind).first()
    origin = TokenOrigin.OWNER if member.kind == UserKind.MAIN else TokenOrigin.NONE
    facts = member.facts() | {"last_seen_at": now, "token_origin": origin}
    enabled = defaults.enabled if defaults else True
    row, _ = PlexUser.objects.get_or_create(plex_id=member.account.plex_id, defaults=facts | {"enabled": enabled})
    return str(row)


def _update(row: PlexUser | None, member: Member, now: datetime) -> str:
    """Bring a row up to date. The former name and the new one, when the user was renamed."""
    if row is None:
        return ""
    facts = whos_who.changed(row, member)
    if facts.get("protected") is False:
        facts["pin_refused"] = False
    PlexUser.objects.filter(pk=row.pk).update(**facts, last_seen_at=now, gone_at=None)
    is_renamed = "title" in facts and row.last_seen_at is not None
    return f"{row.title} is now {facts['title']}" if is_renamed else ""


def _find_tokens() -> None:
    """Look for a token for everybody who counts and has no good one. Ends when plex.tv does not want to be asked."""
    lacking = PlexUser.objects.filter(Q(token="") | ~Q(token_problem=""), enabled=True, gone_at=None)
    for user in lacking.exclude(kind=UserKind.MAIN).order_by("id"):
        try:
            tokens.renew(user, shares_known=True)
        except PlexSignInError:
            pass  # noted on the user's row
        except PlexError as error:
            tokens.note(user, error)
            break


def _problems() -> dict[str, str]:
    rows = PlexUser.objects.filter(gone_at=None, enabled=True).exclude(token_problem="")
    return {str(row): row.token_problem for row in rows}
