"""Who belongs to the server, and what changed since: decided from plex.tv's answers, without asking or storing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plexusers.models import PlexUser, UserKind
from plexusers.plextv import Account, Share

FEW = 3
"""Of so many users all may leave at once, but not before it was said twice; of more, more than half are too many."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to the server."""

    account: Account
    kind: UserKind
    all_sections: bool = True
    sections: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """The columns of the user's row that plex.tv decides."""
        account = self.account
        return {
            "uuid": account.uuid,
            "kind": self.kind,
            "title": account.title or account.username,
            "username": account.username,
            "email": account.email,
            "thumb": account.thumb,
            "managed": account.managed,
            "protected": account.protected,
            "all_sections": self.all_sections,
            "sections": list(self.sections),
        }


def members(
    machine: str, owner: Account, users: Iterable[Account], home: Iterable[Account], shares: Iterable[Share]
) -> dict[int, Member]:
    """Everybody who belongs to the server, by plex.tv's number.

    Friends belong to it when something of this server is shared with them; those at home always do.
    """
    known = {one.plex_id: one for one in users}
    for one in home:
        known[one.plex_id] = _joined(known.get(one.plex_id, one), one)
    shared = {share.plex_id: share for share in shares}
    found = {owner.plex_id: Member(owner, UserKind.MAIN)}
    for number, account in known.items():
        share = shared.get(number)
        if number not in found and (account.at_home or share or machine in account.servers):
            kind = UserKind.HOME if account.at_home else UserKind.SHARED
            found[number] = Member(account, kind, share is None or share.all_sections, share.sections if share else ())
    return found


def _joined(user: Account, at_home: Account) -> Account:
    """Both lists know the same account; that of the home knows the uuid and the PIN."""
    return replace(
        user,
        uuid=at_home.uuid or user.uuid,
        at_home=True,
        managed=user.managed or at_home.managed,
        protected=at_home.protected,
        thumb=user.thumb or at_home.thumb,
    )


def changed(row: PlexUser, member: Member) -> dict[str, Any]:
    """The columns of a row that are not as plex.tv says."""
    facts: Mapping[str, Any] = member.facts()
    return {name: value for name, value in facts.items() if getattr(row, name) != value}


def too_many_left(known: int, left: int) -> bool:
    """Whether so many users left at once that it is likelier that the answer is wrong."""
    return left > 0 and (left == known if known <= FEW else left * 2 > known)
