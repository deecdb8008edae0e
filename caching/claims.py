"""Claims: the names under which wishes are kept on cached files, so that an unknown source keeps what it wanted."""

from collections.abc import Iterable

from plexusers.models import PlexUser, UserKind

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
    numbers = (claim.partition(":")[2] for claim in claims if claim.startswith(("ondeck:", "watchlist:")))
    return frozenset(int(number) for number in numbers if number.isdigit())
