"""HTTP and WebSocket in one application."""

import os
import warnings
from typing import Any, cast

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")
# Whitenoise hands out plain iterators; Django reads the small static files in one go and says so each time.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators", Warning)
http = get_asgi_application()

from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402 - the apps must be loaded before what imports models

from cacherr.origin import SameOrigin  # noqa: E402
from cacherr.proxies import Forwarded  # noqa: E402
from caching.consumers import EventConsumer  # noqa: E402

# Channels routes consumers through Django's own `path`, which is typed for views.
routes: Any = [
    path("ws/events", cast("Any", EventConsumer.as_asgi())),
    re_path("", cast("Any", WebsocketDenier.as_asgi())),
]
sockets = AuthMiddlewareStack(URLRouter(routes))
application = Forwarded(
    ProtocolTypeRouter({"http": http, "websocket": SameOrigin(cast("Any", sockets))}), settings.CACHERR_TRUSTED_PROXIES
)
