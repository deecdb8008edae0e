"""An API with a key, and a queue that nobody works on: for tests that ask and look at rows."""

from pathlib import Path

from pytest_django.fixtures import Settings

KEY = {"x-api-key": "the-key"}


def make_quiet(settings: Settings, directory: Path) -> None:
    """Give the tests' installation a key, and a configuration directory and queue of its own."""
    settings.CACHERR_API_KEY = KEY["x-api-key"]
    settings.CONFIG_DIR = directory
    for name in ("queue", "control"):
        (settings.BROKER_DIR / name).mkdir(parents=True, exist_ok=True)
