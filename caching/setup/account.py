"""The first account. Open to everybody in the home network, and only as long as there is none."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cacherr import accounts
from cacherr.errors import CacherrError, ConfigurationError, RefusedError
from caching.setup.frame import page

AWAY = ConfigurationError(
    "The first account can only be made from your home network.",
    "Open this page at home, or set CACHERR_ADMIN_PASSWORD and start Cacherr again.",
)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Asks for a name and a password, and signs in with them."""
    if accounts.exists():
        return redirect("setup")
    if not accounts.is_at_home(_askers(request)):
        return page(request, "account", problem=AWAY, away=True, status=403)
    if request.method != "POST":
        return page(request, "account", name=settings.CACHERR_ADMIN_USER)
    name, password = request.POST.get("name", ""), request.POST.get("password", "")
    try:
        if password != request.POST.get("again", ""):
            raise ConfigurationError("The two passwords differ.", "Enter the same one twice.")
        user = accounts.create_first(name, password)
    except RefusedError:
        return redirect("setup")  # somebody was quicker: the next page asks for their login
    except CacherrError as error:
        return page(request, "account", problem=error, name=name, status=422)
    login(request, user)
    return redirect("setup")


def _askers(request: HttpRequest) -> list[str]:
    """Who asks, and for whom: a proxy at home may stand before somebody far away."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return [request.META.get("REMOTE_ADDR", ""), *(forwarded.split(",") if forwarded else ())]
