"""Claims: the names under which wishes are kept on cached files, so that an unknown source keeps what it wanted."""

from collections.abc import Iterable

from plexusers.models import PlexUser, UserKind

OF_USERS = ("ondeck", "watchlist")
"""The sources whose claims name a user."""
OF_OWNER = {
    "ondeck": "ondeck:{}", "watchlist": "watchlist:{}", "ondeck:1": "ondeck:{}", "watchlist:1": "watchlist:{}",
}  # fmt: skip
"""Claims from before plex.tv had told the owner's number."""


def owner_number() -> int | None:
    """plex.tv's number of the owner; None while nobody knows."""
    return PlexUser.objects.filter(kind=UserKind.MAIN).values_list("plex_id", flat=True).first()


def parse(text: str, owner: int | None) -> frozenset[str]:
    """The claims of a row, those of the owner under the number that is known now. Pure."""
    claims = [claim for claim in text.split(",") if claim]
    if owner is None:
        return frozenset(claims)
    return frozenset(OF_OWNER.get(claim, claim).format(owner) for claim in claims)


def users_of(claims: Iterable[str]) -> frozenset[int]:
    """The users (plex.tv's numbers) among those who wanted a file. Pure."""
    parts = (claim.partition(":") for claim in claims)
    return frozenset(int(number) for source, _, number in parts if source in OF_USERS and number.isdigit())


def of_user(number: int) -> tuple[str, ...]:
    """The claims of a user, by plex.tv's number. Pure."""
    return tuple(f"{source}:{number}" for source in OF_USERS)
