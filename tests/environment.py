"""A pytest plugin, named in pyproject.toml: prepares the variables before Django reads its settings.

Nothing of the machine's own installation may reach the tests, and nothing of the tests may reach it.
"""

import atexit
import os
import shutil
import tempfile

OUTSIDE = (
    "PLEX_URL", "PLEX_TOKEN", "PLEX_SOURCE", "REAL_SOURCE", "CACHE_DESTINATION", "COPY_TO_CACHE", "DRY_RUN",
    "TEST_MODE", "DATABASE_URL", "REDIS_URL", "DEBUG", "LOG_LEVEL", "TZ",
)  # fmt: skip


def clean_environment() -> dict[str, str]:
    """This process's variables without any that would configure Cacherr; addresses of test services stay."""
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in OUTSIDE}
    ours = {name for name in kept if name.startswith("CACHERR_") and not name.startswith("CACHERR_TEST_")}
    return {name: value for name, value in kept.items() if name not in ours}


def prepare() -> None:
    """Give this process (each xdist worker is one) a configuration of its own, on PostgreSQL where there is one."""
    directory = tempfile.mkdtemp(prefix="cacherr-tests-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    cleaned = clean_environment()
    os.environ.clear()
    os.environ.update(cleaned)
    os.environ["CACHERR_CONFIG_DIR"] = directory
    if url := os.environ.get("CACHERR_TEST_POSTGRES_URL"):
        os.environ["DATABASE_URL"] = url


prepare()
