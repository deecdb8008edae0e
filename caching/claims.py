"""Claims: the names under which wishes are kept on cached files, so that an unknown source keeps what it wanted."""

from collections.abc import Iterable, Mapping

from caching.models import CachedFile
from caching.planning.values import Action, FileKey, Plan
from plexusers.models import PlexUser, UserKind

BATCH = 500
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


def keep_up(plan: Plan, rows: Mapping[FileKey, CachedFile]) -> None:
    """Note on cached files that are wanted who wants them now. What nobody wants keeps who wanted it last."""
    changed = []
    for decision in plan.of(Action.KEEP):
        row = rows.get(decision.file) if decision.file and decision.sources else None
        if row is None:
            continue
        now = (",".join(decision.sources), ", ".join(decision.who)[:500], decision.reason, decision.score)
        if now != (row.sources, row.who, row.reason, row.score):
            row.sources, row.who, row.reason, row.score = now
            changed.append(row)
    CachedFile.objects.bulk_update(changed, ["sources", "who", "reason", "score"], batch_size=BATCH)
