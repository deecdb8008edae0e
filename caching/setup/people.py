"""Whose wishes count."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cacherr.errors import CacherrError, RefusedError
from caching import beginning
from caching.setup.frame import after, for_owner, page
from plexusers import discovery
from plexusers.changing import change_user
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
    problem: CacherrError | None = None
    try:
        if request.method == "POST" and not again:
            _enter_pins(request)
            beginning.note(users_at=timezone.now(), preview=None, preview_at=None)
            return after("users")
        discovery.sync(force=again)
    except CacherrError as error:
        problem = error
    people = [person for person in everybody(timezone.now()) if person.user.gone_at is None]
    return page(request, "users", problem=problem, people=people)


def _enter_pins(request: HttpRequest) -> None:
    """Try PINs of home users, without which nobody can ask in their name. Raises what Plex says of a wrong one."""
    entered = []
    for user in PlexUser.objects.filter(pk__in=_numbers(request, "shown")):
        if pin := request.POST.get(f"pin-{user.pk}", "").strip():
            change_user(user, {"pin": pin})
            entered.append(user.pk)
    if entered:
        discovery.sync(force=True)
    for user in PlexUser.objects.filter(pk__in=entered, enabled=True).exclude(token_problem=""):
        raise RefusedError(f"{user}: {user.token_problem}")


def _numbers(request: HttpRequest, name: str) -> set[int]:
    return {int(text) for text in request.POST.getlist(name) if text.isascii() and text.isdigit() and len(text) < 18}
