"""All addresses."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import include, path

from cacherr.api import api
from caching import beginning, setup
from caching.health import health
from plexusers.signin import signed_in, signin


def health_view(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """`/health` for container engines and monitors: no login, no envelope."""
    found = health()
    return JsonResponse(found, status=503 if found["status"] == "critical" else 200)


def root_view(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """`/` leads to the dashboard, and before there is anything to be seen there, to the wizard."""
    return redirect("admin:index" if beginning.is_set_up() else "setup")


admin.autodiscover()  # here, as only who answers requests needs the pages

urlpatterns = [
    path("", root_view),
    path("setup/", include(setup.urlpatterns)),
    path("health", health_view, name="health"),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("signin/<str:link>/", signin, name="signin"),
    path("signin/<str:link>/done/", signed_in, name="signed_in"),
]
