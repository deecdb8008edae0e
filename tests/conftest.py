"""Fixtures that tests of every app use: real roots on a real file system, a real stand-in server, real commands."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from cacherr import politeness
from cacherr.politeness import Manners
from cacherr.turns import Limits
from plexusers.standin import StandIn
from tests.environment import clean_environment
from tests.home import OWNER_TOKEN, PLEX_PREFIX, Home

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A file instead of SQLite's memory, so that threads see the same database and the real journal mode is used."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(settings.CONFIG_DIR / "test.sqlite3")


UNHURRIED = Manners(Limits(0, 0), Limits(0, 0), Limits(0, 0), spare=0)


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Each test may ask as fast as it can, remembers no host's rest of another one, and writes no counts."""
    politeness.SHARED.follow(None, UNHURRIED)


@dataclass(frozen=True)
class Answered:
    """What a command did."""

    code: int
    output: str
    errors: str

    @property
    def report(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        parsed: dict[str, Any] = json.loads(self.output)
        return parsed


@dataclass
class Installation:
    """A Cacherr of its own: configuration, array and cache directories, and the real commands in processes."""

    directory: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def array(self) -> Path:
        """The array's root."""
        return self.directory / "array"

    @property
    def cache(self) -> Path:
        """The cache's root."""
        return self.directory / "cache"

    @property
    def config(self) -> Path:
        """The configuration directory."""
        return self.directory / "config"

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables of a command; an empty text removes one."""
        own = {
            "CACHERR_CONFIG_DIR": str(self.config),
            "CACHERR_PLEXTV_INTERVAL_MS": "0",
            "CACHERR_PLEXTV_PER_MINUTE": "0",
            "PLEX_SOURCE": PLEX_PREFIX,
            "REAL_SOURCE": str(self.array),
            "CACHE_DESTINATION": str(self.cache),
        }
        return {**clean_environment(), **own, **self.variables, **(extra or {})}

    def command(self, *arguments: str) -> list[str]:
        """How a command is called."""
        return [sys.executable, str(PROJECT / "manage.py"), *arguments]

    def start(self, *arguments: str, extra: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        command = self.command(*arguments)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(command, env=self.environment(extra), text=True, **pipes)

    def run(self, *arguments: str, extra: Mapping[str, str] | None = None) -> Answered:
        """Run a command to its end."""
        process = self.start(*arguments, extra=extra)
        output, errors = process.communicate(timeout=120)
        return Answered(process.returncode, output, errors)

    def copies_in_progress(self) -> list[Path]:
        """The partial copies on the cache. The few bytes by which a mapping is probed are none."""
        # Not by `rglob`, which fails when somebody removes a directory that it is about to look into.
        paths = [Path(directory, name) for directory, _, names in os.walk(self.cache) for name in names]
        return [path for path in paths if path.match(".cacherr.*.tmp") and size_of(path) > PROBE_BYTES]

    def public_files(self) -> dict[str, bytes]:
        """What Plex could open below the array: every public name, links followed, with its content."""
        return contents(self.array)


PROBE_BYTES = 16


def size_of(path: Path) -> int:
    """A file's size in bytes; 0 when it went away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def contents(root: Path) -> dict[str, bytes]:
    """Every public file below a root, links followed, by relative path."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.startswith(".cacherr")
    }


def tree(root: Path) -> dict[str, tuple[int, int, int, str]]:
    """Every name below a root with mode, size, mtime (ns) and a link's target: two equal trees are the same."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in (*names, *files):
            if name == ".cacherr-manifest":
                continue  # it only ever grows
            path = Path(directory, name)
            status = path.lstat()
            target = os.readlink(path) if path.is_symlink() else ""
            size, mtime = (0, 0) if path.is_dir() else (status.st_size, status.st_mtime_ns)
            found[str(path.relative_to(root))] = (status.st_mode, size, mtime, target)
    return found


@pytest.fixture(scope="session")
def fresh_configuration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration directory with an empty, migrated database, made once: copying it saves a second each time."""
    made = Installation(tmp_path_factory.mktemp("template"))
    assert made.run("status", extra={"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": ""}).code == 0
    return made.config


@pytest.fixture
def installation(tmp_path: Path, fresh_configuration: Path) -> Installation:
    """Empty array and cache, and a configuration with an empty database."""
    made = Installation(tmp_path)
    made.array.mkdir()
    made.cache.mkdir()
    shutil.copytree(fresh_configuration, made.config)
    return made


@pytest.fixture
def home(installation: Installation) -> Home:
    """A home whose files are on the installation's array."""
    return Home(installation.array)


@pytest.fixture
def plex(home: Home, installation: Installation) -> Iterator[StandIn]:
    """The home's Plex server, answering over HTTP; the installation's commands know it."""
    with StandIn(home.household) as server:
        installation.variables |= {
            "PLEX_URL": server.url,
            "PLEX_TOKEN": OWNER_TOKEN,
            "CACHERR_OUTBOUND_GATEWAY": server.url,
        }
        yield server


@pytest.fixture
def admin_user(db: None) -> User:
    """Somebody who may do everything; without a password, whose making would take longer than most tests."""
    return User.objects.create(username="admin", password=make_password(None), is_staff=True, is_superuser=True)
