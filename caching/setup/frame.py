"""What all pages of the wizard share: which step is done, who may see them, and how they are shown."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cacherr import accounts
from cacherr.errors import CacherrError
from caching import beginning
from caching import mappings as path_mappings
from plexusers.models import PlexServer

View = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True, slots=True)
class Step:
    """A page of the wizard."""

    name: str
    title: str

    @property
    def address(self) -> str:
        """Its path."""
        return reverse(f"setup_{self.name}")


STEPS = (
    Step("account", "Your account"),
    Step("plex", "Plex server"),
    Step("mappings", "Where the files are"),
    Step("users", "Users"),
    Step("space", "Space"),
    Step("preview", "Preview"),
)


def done() -> dict[str, bool]:
    """Which steps are done, by what the rows say."""
    server, row = PlexServer.effective(), beginning.stored()
    known = path_mappings.in_force()
    return {
        "account": accounts.exists(),
        "plex": bool(server.plex_url and server.plex_token and server.last_seen_at and not server.last_error),
        "mappings": bool(known) and all(one.is_proved for one in known),
        "users": row.users_at is not None,
        "space": row.space_at is not None,
        "preview": beginning.is_set_up(),
    }


def first_open(state: dict[str, bool]) -> Step:
    """The step to go on with."""
    return next((step for step in STEPS if not state[step.name]), STEPS[-1])


def after(name: str) -> HttpResponse:
    """Lead to the step behind this one."""
    number = [step.name for step in STEPS].index(name)
    return redirect(STEPS[number + 1].address)


def for_owner(view: View) -> View:
    """Show a page only to an owner who is signed in; without any account, lead to where the first one is made."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not accounts.exists():
            return redirect("setup_account")
        user = request.user
        if not (user.is_active and user.is_staff and getattr(user, "is_superuser", False)):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request)

    return guarded


def page(
    request: HttpRequest,
    name: str,
    /,
    *,
    problem: CacherrError | str | None = None,
    status: int = 200,
    template: str = "",
    **facts: Any,
) -> HttpResponse:
    """A step's page. `problem` is what went wrong, with its cure."""
    state = done()
    current = next((step for step in STEPS if step.name == name), None)
    shown = [{"step": step, "done": state[step.name], "current": step is current} for step in STEPS]
    context = {
        "steps": shown, "step": current, "number": STEPS.index(current) + 1 if current else 0, "count": len(STEPS),
        "problem": problem, "set_up": beginning.is_set_up(), **facts,
    }  # fmt: skip
    return render(request, f"setup/{template or name}.html", context, status=status)


@for_owner
def index(request: HttpRequest) -> HttpResponse:
    """Leads to where the wizard was left; when it is finished, shows its steps."""
    if beginning.is_set_up():
        return page(request, "done")
    return redirect(first_open(done()).address)
