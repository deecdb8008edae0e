"""Django's settings. The only module that reads the environment; everything else asks `django.conf.settings`."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.templatetags.static import static

from cacherr.databases import database, sqlite
from cacherr.env import FILE_SUFFIX, OLDER_VARIABLES, Environment, gateway_address, host_list, redis_url, zone_name
from cacherr.log_settings import logging_settings
from cacherr.proxies import proxy_list

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(os.environ)

# ---- where things are -------------------------------------------------------------------------------------------

CONFIG_DIR = Path(env.text("CACHERR_CONFIG_DIR", str(BASE_DIR / "data"))).absolute()
CACHERR_HOST = env.text("CACHERR_HOST", "127.0.0.1")
CACHERR_PORT = env.integer("CACHERR_PORT", 5445, 0, 65535)
REDIS_URL = env.parsed("REDIS_URL", redis_url, "", "Write redis://HOST:6379/0.")
# One that cannot be used stays as it is: nothing may be sent past a gateway.
CACHERR_OUTBOUND_GATEWAY = env.parsed(
    "CACHERR_OUTBOUND_GATEWAY", gateway_address, env.text("CACHERR_OUTBOUND_GATEWAY"), "Write http://HOST:PORT."
)
CACHERR_LIVENESS_PATH = env.text("CACHERR_LIVENESS_PATH")


def prepare_config_dir() -> None:
    """Make the configuration directory, private to its owner; a failure is a problem for the checks."""
    try:
        CONFIG_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        env.problem(
            "CACHERR_CONFIG_DIR", f"{CONFIG_DIR} cannot be made: {error.strerror}.", "Name a writable directory."
        )


def secret_key() -> str:
    """The installation's key: from the environment, else made once and kept beside the database."""
    if given := env.raw("CACHERR_SECRET_KEY"):
        return given
    path = CONFIG_DIR / "secret_key"
    try:
        # Linked into place so that two processes starting at once agree on one key and none reads half of it.
        if not path.exists():
            fresh = CONFIG_DIR / f"secret_key.{os.getpid()}"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
                file.flush()
                os.fsync(file.fileno())
            try:
                path.hardlink_to(fresh)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        env.problem("CACHERR_SECRET_KEY", f"{path} cannot be used: {error.strerror}.", "Make the directory writable.")
        return secrets.token_urlsafe(50)


def databases() -> dict[str, dict[str, Any]]:
    """Django's DATABASES."""
    try:
        return {"default": database(env.text("DATABASE_URL"), CONFIG_DIR)}
    except ValueError as error:
        env.problem(
            "DATABASE_URL", f"DATABASE_URL cannot be used: {error}.", "Write postgres://USER:PASSWORD@HOST:5432/NAME."
        )
        return {"default": sqlite(CONFIG_DIR / "cacherr.sqlite3")}


prepare_config_dir()
SECRET_KEY = secret_key()
DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def environment_for_demo() -> dict[str, str]:
    """This process's variables without anything that points at real media or an installation."""
    unwanted = {
        name + suffix for name in (*OLDER_VARIABLES, "DATABASE_URL", "REDIS_URL") for suffix in ("", FILE_SUFFIX)
    }
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("CACHERR_") and name not in unwanted
    }
    return {**kept, "PYTHONPATH": str(BASE_DIR)}


DEMO_ENVIRONMENT = environment_for_demo()

# ---- what the environment says ----------------------------------------------------------------------------------

CACHERR_OVERRIDES = env.overrides()
CACHERR_API_KEY = env.text("CACHERR_API_KEY")
CACHERR_ADMIN_USER = env.text("CACHERR_ADMIN_USER", "admin")
CACHERR_ADMIN_PASSWORD = env.text("CACHERR_ADMIN_PASSWORD")
COPY_CHUNK = env.integer("CACHERR_COPY_CHUNK", 1024 * 1024, 512, 64 * 1024 * 1024)
CACHERR_UNRAID_NOTIFY = env.text("CACHERR_UNRAID_NOTIFY", "/usr/local/emhttp/webGui/scripts/notify")
CACHERR_PLACEMENT = env.choice("CACHERR_PLACEMENT", ("auto", "union", "symlink"), "auto")
PATH_MAPPINGS = env.json_list("CACHERR_PATH_MAPPINGS")
OLDER_MAPPING = {
    "plex": env.text("PLEX_SOURCE"),
    "array": env.text("REAL_SOURCE"),
    "cache": env.text("CACHE_DESTINATION"),
}
COPY_TO_CACHE = env.boolean("COPY_TO_CACHE", default=True)

# ---- Django -----------------------------------------------------------------------------------------------------

DEBUG = False
HOSTS_CURE = (
    "Write names alone, without http:// and port, for example cacherr.example.com; .example.com for all names below "
    "it, * for any."
)
OPEN_TO: list[str] = env.parsed("CACHERR_ALLOWED_HOSTS", host_list, [], HOSTS_CURE)
# This machine itself always: the container's own health check asks from there.
ALLOWED_HOSTS = [
    *(OPEN_TO if env.raw("CACHERR_ALLOWED_HOSTS") else ["*"]),
    *("localhost", "127.0.0.1", "[::1]"),
]
CACHERR_TRUSTED_PROXIES: list[str] = env.parsed(
    "CACHERR_TRUSTED_PROXIES", proxy_list, [], "Write addresses or networks, for example 172.18.0.2 or 172.16.0.0/12."
)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "ninja",
    "django_celery_beat",
    "cacherr",
    "plexusers",
    "importlists",
    "caching",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cacherr.envelope.errors_in_envelopes",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "cacherr.urls"
ASGI_APPLICATION = "cacherr.asgi.application"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["cacherr.formats"]
USE_TZ = True
TIME_ZONE = env.parsed("TZ", zone_name, "UTC", "Use a name such as Europe/Berlin.")

STATIC_URL = "static/"
# Straight from the packages: no collecting step that a person could forget, and an image that is ready when built.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],  # the theme's Alpine evaluates the expressions in its attributes
        "style-src": ["'self'", "'unsafe-inline'"],  # widths of bars, and Alpine's own hiding and showing
        "img-src": ["'self'", "data:"],  # the theme's and the API page's icons
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'", "https://app.plex.tv"],  # signing in leads there
    }
}
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True

# ---- workers and live events ------------------------------------------------------------------------------------

BROKER_DIR = CONFIG_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "cacherr-files://localhost//"  # see cacherr/broker.py
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {}
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.25,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "cacherr"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "cacherr.beat:Scheduler"
CELERY_TIMEZONE = TIME_ZONE
# Rows made by a migration are the schedule. Entries written here would overwrite a person's edits at each start.
CELERY_BEAT_SCHEDULE: dict[str, Any] = {}

# The layer waits five seconds in one read; redis-py gives up on a read after just as long, and the socket would close.
REDIS_READ_SECONDS = 30

CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": REDIS_READ_SECONDS}], "prefix": "cacherr"},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# ---- requests to others: for how long an answer may arrive, and how large it may get --------------------------------

OUTBOUND_TOTAL_SECONDS = 60.0
OUTBOUND_MAX_BYTES = 32 * 1024 * 1024

# ---- logging: standard error, so that `--json` owns standard output, and the files that the page of logs shows -------

LOG_LEVEL = env.choice(
    "LOG_LEVEL",
    ("debug", "info", "warning", "error", "critical"),
    "debug" if env.boolean("DEBUG") else "info",
).upper()

LOGGING = logging_settings(LOG_LEVEL, CONFIG_DIR)

# The darker ones carry white text, the lighter ones stand on dark ground: all with a contrast of 4.5 and more.
BLUE = {
    "50": "oklch(97% .014 254.604)",
    "100": "oklch(93.2% .032 255.585)",
    "200": "oklch(88.2% .059 254.128)",
    "300": "oklch(80.9% .105 251.813)",
    "400": "oklch(70.7% .165 254.624)",
    "500": "oklch(62.3% .214 259.815)",
    "600": "oklch(54.6% .245 262.881)",
    "700": "oklch(48.8% .243 264.376)",
    "800": "oklch(42.4% .199 265.638)",
    "900": "oklch(37.9% .146 265.522)",
    "950": "oklch(28.2% .091 267.935)",
}

UNFOLD = {
    "SITE_TITLE": "Cacherr",
    "SITE_HEADER": "Cacherr",
    "SITE_SUBHEADER": "Ready before you press play",
    "SITE_SYMBOL": "bolt",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("caching/favicon.svg")}],
    "STYLES": [lambda _request: static("caching/site.css")],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "caching.dashboard.dashboard",
    "COLORS": {"primary": BLUE},
    "SIDEBAR": {"navigation": "caching.dashboard.menu"},
}

ENVIRONMENT_PROBLEMS = env.problems
ENVIRONMENT_SETTINGS = env.prefixed()
