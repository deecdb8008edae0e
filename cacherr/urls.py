"""All addresses."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.generic import RedirectView

from cacherr.api import api
from caching.health import health
from plexusers.signin import signed_in, signin


def health_view(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's own signature
    """`/health` for container engines and monitors: no login, no envelope."""
    found = health()
    return JsonResponse(found, status=503 if found["status"] == "critical" else 200)


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("health", health_view, name="health"),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("signin/<str:link>/", signin, name="signin"),
    path("signin/<str:link>/done/", signed_in, name="signed_in"),
]
