"""The REST API: the apps' routers joined, and every error in the same envelope."""

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError

from cacherr import __version__
from cacherr.access import AUTH
from cacherr.complaints import complaint
from cacherr.envelope import failed
from cacherr.errors import BusyError, CacherrError, ConfigurationError, RefusedError
from cacherr.parsing import TOO_LARGE, Parser
from caching.api import open_router
from caching.api import router as caching_router
from importlists.api import router as importlists_router
from plexusers.api import router as plexusers_router

api = NinjaAPI(
    title="Cacherr", version=__version__, auth=AUTH, docs_url="/docs", openapi_url="/openapi.json", parser=Parser()
)
api.add_router("", caching_router)
api.add_router("", plexusers_router)
api.add_router("lists", importlists_router)
api.add_router("", open_router, auth=None)


def _answer(request: HttpRequest, error: str, status: int) -> HttpResponse:
    return api.create_response(request, failed(error), status=status)


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, exc: AuthenticationError) -> HttpResponse:  # noqa: ARG001 - Ninja's own signature
    """Nobody is signed in and no key was given."""
    return _answer(request, "Sign in, or send the API key in the header X-Api-Key.", 401)


@api.exception_handler(AuthorizationError)
def not_allowed(request: HttpRequest, exc: AuthorizationError) -> HttpResponse:  # noqa: ARG001
    """Signed in, but not as staff."""
    return _answer(request, "This account may not use Cacherr.", 403)


@api.exception_handler(ValidationError)
def bad_input(request: HttpRequest, exc: ValidationError) -> HttpResponse:
    """The request's content is not what the endpoint takes."""
    return _answer(request, complaint(exc.errors), 422)


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, exc: HttpError) -> HttpResponse:
    """An error that names its own status."""
    # Whatever keeps a content from being read, Ninja says "Cannot parse request body" and keeps our own as the cause.
    if isinstance(exc.__cause__, HttpError):
        exc = exc.__cause__
    return _answer(request, str(exc), exc.status_code)


@api.exception_handler(RequestDataTooBig)
def too_large(request: HttpRequest, exc: RequestDataTooBig) -> HttpResponse:  # noqa: ARG001
    """The content is larger than Django reads into memory."""
    return _answer(request, TOO_LARGE, 413)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, exc: Http404) -> HttpResponse:  # noqa: ARG001
    """There is no such thing."""
    return _answer(request, "There is nothing by this name or number.", 404)


@api.exception_handler(CacherrError)
def named_error(request: HttpRequest, exc: CacherrError) -> HttpResponse:
    """A named error: its sentence and its cure."""
    status = 409 if isinstance(exc, BusyError | RefusedError) else 422 if isinstance(exc, ConfigurationError) else 503
    return _answer(request, str(exc), status)
