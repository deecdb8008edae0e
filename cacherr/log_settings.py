"""What is logged, and where to: standard error, so that `--json` owns standard output, and the files of the page."""

from pathlib import Path
from typing import Any

from cacherr import logbook

OURS = ("cacherr", "plexusers", "importlists", "caching")


def logging_settings(level: str, config: Path) -> dict[str, Any]:
    """Django's LOGGING: our own lines from this level on, of others what is worse than usual. Secrets are masked."""
    formatter = "cacherr.redaction.RedactingFormatter"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"class": formatter, "format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"},
            "entry": {"class": formatter, "format": "{message}", "style": "{"},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
            "logbook": {
                "class": "cacherr.logbook.LogbookHandler",
                "formatter": "entry",
                "path": str(logbook.directory(config)),
            },
            "nowhere": {"class": "logging.NullHandler", "formatter": "line"},
        },
        "root": {"handlers": ["stderr", "logbook"], "level": "WARNING"},
        "loggers": {**{app: {"level": level} for app in OURS}, **_OTHERS},
    }


_OTHERS: dict[str, dict[str, Any]] = {
    # A 404 or a refused login is not news for the person who reads the log.
    "django.request": {"level": "ERROR"},
    "django.security.DisallowedHost": {"level": "CRITICAL"},
    # Every retry as a line of its own; what comes of them is told once, in one sentence.
    "urllib3.connectionpool": {"level": "ERROR"},
    "psycopg.pool": {"level": "ERROR"},
    # It names whole addresses; what came of a message is kept with its target.
    "apprise": {"level": "WARNING", "handlers": ["nowhere"], "propagate": False},
}
