"""Whose wishes count."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cacherr.errors import CacherrError
from caching import beginning
from caching.setup.frame import after, for_owner, page
from plexusers import discovery
from plexusers.models import PlexUser
from plexusers.preferences import everybody


@for_owner
def users(request: HttpRequest) -> HttpResponse:
    """Everybody whom Plex names; who is unticked is left out."""
    again = request.POST.get("do") == "again"
    if request.method == "POST" and not again:
        chosen = _numbers(request, "user")
        PlexUser.objects.filter(pk__in=chosen).update(enabled=True)
        PlexUser.objects.filter(pk__in=_numbers(request, "shown") - chosen).update(enabled=False)
        beginning.note(users_at=timezone.now(), preview=None, preview_at=None)
        return after("users")
    problem: CacherrError | None = None
    try:
        discovery.sync(force=again)
    except CacherrError as error:
        problem = error
    people = [person for person in everybody(timezone.now()) if person.user.gone_at is None]
    return page(request, "users", problem=problem, people=people)


def _numbers(request: HttpRequest, name: str) -> set[int]:
    return {int(text) for text in request.POST.getlist(name) if text.isascii() and text.isdigit() and len(text) < 18}
