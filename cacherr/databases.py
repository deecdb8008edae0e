"""`DATABASE_URL` as Django's database settings, with what the journal's durability depends on."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

POSTGRES_SCHEMES = frozenset({"postgres", "postgresql", "pgsql"})
POOL_SIZE = 25
"""Connections are made when they are needed: at most 17 for parallel operations, and 8 for everything else."""


def database(url: str, config_dir: Path) -> dict[str, Any]:
    """Settings for one database; SQLite in the configuration directory without a URL. Raises ValueError."""
    if not url:
        return sqlite(config_dir / "cacherr.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme in POSTGRES_SCHEMES and parts.path.strip("/"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            # A pool instead of CONN_MAX_AGE: under ASGI persistent connections pile up, one a thread.
            "CONN_MAX_AGE": 0,
            "OPTIONS": {
                "pool": {"min_size": 1, "max_size": POOL_SIZE, "timeout": 10},
                # The journal is only a journal when a committed row has reached the disk.
                "options": "-c synchronous_commit=on",
                **dict(parse_qsl(parts.query)),
            },
        }
    raise ValueError(f"{parts.scheme or 'an empty scheme'} is not a database that Cacherr knows")


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite with a write-ahead log, every commit synced, and writers that queue instead of failing."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }
