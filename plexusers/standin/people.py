"""The people of a household, as the server and plex.tv know them, with the two kinds of tokens."""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from plexusers.standin.library import Library
from plexusers.standin.records import OWNER_ID, Account, Kind, Section

OWNER_ONLINE = 5_000_001
"""The number that plex.tv gave the owner, unless another is given."""


class People(Library):
    """Accounts. They are known by the server's number for them, so a record from before a change still means them."""

    def __init__(self, clock: Callable[[], float] = time.time, file_exists: Callable[[str], bool] = bool) -> None:
        super().__init__(clock, file_exists)
        self.accounts: dict[int, Account] = {}
        """Everybody who ever had access."""
        self.tells_share_tokens = True
        """Whether plex.tv tells the owner the tokens of those the server is shared with. It did not always."""
        self._worthless: set[str] = set()
        self._left: set[int] = set()

    @property
    def owner(self) -> Account:
        """The account that owns the server."""
        return self.accounts[OWNER_ID]

    @property
    def members(self) -> list[Account]:
        """Everybody who has access now."""
        with self.lock:
            return [one for one in self.accounts.values() if one.id not in self._left]

    def add_account(
        self,
        title: str,
        token: str,
        kind: Kind = "home",
        *,
        number: int | None = None,
        sections: Iterable[Section] | None = None,
        account_token: str | None = None,
        managed: bool = False,
        pin: str = "",
        listed: bool | None = None,
        discovers: bool | None = None,
    ) -> Account:
        """Adds somebody, with a token for the server and one for plex.tv (the owner has one for both).

        `number` is the id that plex.tv gave; the server's own number for the owner is always 1. `sections` limits what
        is shared. A managed account has no username, is not among those the server is shared with by name (`listed`),
        and has no watchlist (`discovers`), unless said otherwise.
        """
        with self.lock:
            online = number or (OWNER_ONLINE if kind == "owner" else 1000 + len(self.accounts))
            mine = token if kind == "owner" else f"account-{token}"
            account = Account(
                OWNER_ID if kind == "owner" else online,
                title,
                token,
                kind,
                None if sections is None else frozenset(section.key for section in sections),
                plex_id=online,
                uuid=hashlib.sha256(f"account {online}".encode()).hexdigest()[:16],
                username="" if managed else title,
                account_token=account_token or mine,
                managed=managed,
                pin=pin,
                listed=not managed if listed is None else listed,
                discovers=not managed if discovers is None else discovers,
            )
            self.accounts[account.id] = account
            return account

    def rename(self, account: Account, title: str) -> Account:
        """Gives the account another name; whoever it is stays the same."""
        username = "" if account.managed else title
        return self._change(account, title=title, username=username)

    def share(self, account: Account, sections: Iterable[Section] | None) -> Account:
        """Changes which sections are shared with the account; None means all of them."""
        keys = None if sections is None else frozenset(section.key for section in sections)
        return self._change(account, sections=keys)

    def protect(self, account: Account, pin: str) -> Account:
        """Sets the PIN of a home user, or removes it when it is empty."""
        return self._change(account, pin=pin)

    def renew(self, account: Account, token: str) -> Account:
        """Replaces the token for the server: the old one is nobody's any more."""
        return self._change(account, token=token)

    def leave(self, account: Account) -> None:
        """Ends the account's access: its token is refused, and plex.tv names it no more."""
        with self.lock:
            self._left.add(account.id)

    def join(self, account: Account) -> None:
        """Lets an account back in that had left, with the token it had."""
        with self.lock:
            self._left.discard(account.id)

    def revoke(self, account: Account) -> None:
        """Makes the account's token for the server worthless, as when everybody is signed out."""
        with self.lock:
            self._worthless.add(self.accounts[account.id].token)

    def sign_out(self, account: Account) -> None:
        """Makes the account's token for plex.tv worthless; the one for the server stays good, except the owner's."""
        with self.lock:
            self._worthless.add(self.accounts[account.id].account_token)

    def admit(self, account: Account) -> None:
        """Makes the account's worthless tokens good again."""
        with self.lock:
            current = self.accounts[account.id]
            self._worthless -= {current.token, current.account_token}

    def account_of(self, token: str | None) -> Account | None:
        """Whose token this is on the server; None when it is nobody's or worthless."""
        with self.lock:
            good = token not in self._worthless
            return next((one for one in self.members if good and one.token == token), None)

    def online_account_of(self, token: str | None) -> Account | None:
        """Whose token this is on plex.tv, where those who have left the household still have an account."""
        with self.lock:
            known = (one for one in self.accounts.values() if not (one.managed and one.id in self._left))
            good = token not in self._worthless
            return next((one for one in known if good and one.account_token == token), None)

    def _change(self, account: Account, **changes: object) -> Account:
        with self.lock:
            changed = replace(self.accounts[account.id], **changes)  # type: ignore[arg-type]
            self.accounts[account.id] = changed
            return changed
