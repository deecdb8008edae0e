"""What the latest audit found is remembered as a sentence: the dashboard tells it until the next audit."""

from caching.auditing.examining import examine
from caching.auditing.findings import Audited
from plexusers import happenings
from plexusers.models import HappeningKind


def look() -> Audited:
    """Audit, without reading contents, and remember what came out. Raises what `examine` raises."""
    audited = examine()
    remember(audited)
    return audited


def remember(audited: Audited) -> None:
    """Note what is left for somebody to look at; what was told last is not told again."""
    left, files = len(audited.left), "1 cached file" if audited.files == 1 else f"{audited.files} cached files"
    if left:
        things = "1 thing" if left == 1 else f"{left} things"
        message = f"The audit of {files} found {things} to look at."
    else:
        message = f"The audit of {files} found nothing to look at."
    before = happenings.latest(HappeningKind.AUDIT).get(HappeningKind.AUDIT)
    if before is None or before.message != message:
        happenings.note(HappeningKind.AUDIT, message, warning=bool(left))
