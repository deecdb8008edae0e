"""Typed reading of environment variables. Pure: `settings.py` alone hands in the process's own variables.

A bad value never raises: it is noted as a `Problem`, the default is used, and a system check reports it
together with all the others, so that a person mends everything in one go.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "CACHERR_"
FILE_SUFFIX = "_FILE"

T = TypeVar("T")

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Problem:
    """A variable that cannot be used as it is."""

    variable: str
    message: str
    cure: str
    level: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Override:
    """A setting's value from the environment and the name of the variable it came from."""

    variable: str
    raw: str


# Names from Cacherr's earlier days that stay valid, by the setting that they override.
OLDER_NAMES: Mapping[str, tuple[str, ...]] = {
    "PLEX_URL": ("PLEX_URL",),
    "PLEX_TOKEN": ("PLEX_TOKEN",),
    "DRY_RUN": ("DRY_RUN", "TEST_MODE"),
}


# Switches that keep files untouched: one that says yes is never overruled by another name that says no.
PROTECTIVE = frozenset({"DRY_RUN"})

# Settings whose own names end like the form for secrets: their variable is the value, and no file to read it from.
NAMED_LIKE_FILES = frozenset({"MOVER_PID_FILE"})

# Every older name that says where Plex and the media are, or what is done with them.
OLDER_VARIABLES = (
    "PLEX_URL", "PLEX_TOKEN", "PLEX_SOURCE", "REAL_SOURCE", "CACHE_DESTINATION",
    "COPY_TO_CACHE", "DRY_RUN", "TEST_MODE",
)  # fmt: skip


def parse_bool(raw: str) -> bool:
    """Read a switch. Raises ValueError on anything but the usual words."""
    word = raw.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"{raw!r} is neither true nor false")


def zone_name(raw: str) -> str:
    """Read the name of a time zone. Raises ValueError when there is none of that name."""
    try:
        return ZoneInfo(raw.lstrip(":")).key
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"{raw!r} is not a time zone") from error


def redis_url(raw: str) -> str:
    """Check the address of a Redis as queue and live events both take it. Raises ValueError for any other."""
    parts = urlsplit(raw)  # raises as well, for brackets without an end
    database = parts.path.removeprefix("/")
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname or parts.port == 0:
        raise ValueError("it names no Redis")
    if database and not (database.isascii() and database.isdigit()):
        raise ValueError("a Redis counts its databases")
    return raw


def gateway_address(raw: str) -> str:
    """Check the address of a gateway, which paths are added to. Raises ValueError for what is none."""
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("it names no host")
    if parts.query or parts.fragment or any(sign.isspace() for sign in raw):
        raise ValueError("nothing can be added to it")
    return raw


# As Django compares them: `*`, a name, a name with a point before it for all below, or an address.
HOST = re.compile(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]*:[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)


def host_list(raw: str) -> list[str]:
    """Names of hosts with commas between them. Raises ValueError for anything that no request's host can equal."""
    found = [part.strip() for part in raw.split(",") if part.strip()]
    if not found or not all(map(HOST.fullmatch, found)):
        raise ValueError("these are no names of hosts")
    return found


@dataclass
class Environment:
    """One view of the variables, with the `*_FILE` form for each, and the problems met while reading."""

    variables: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def raw(self, name: str) -> str | None:
        """The variable's text, or the content of the file that `NAME_FILE` points to; None when neither is set.

        An empty variable or file counts as not set: compose files pass `X=` for what their reader left out.
        """
        if value := self.variables.get(name, ""):
            return value
        path = self.variables.get(name + FILE_SUFFIX, "")
        if not path:
            return None
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            self.problem(name + FILE_SUFFIX, f"The file {path} cannot be read: {error}.", "Correct the path.")
            return None

    def text(self, name: str, default: str = "") -> str:
        """A text variable."""
        return self.raw(name) or default

    def boolean(self, name: str, default: bool = False) -> bool:
        """A switch."""
        return self.parsed(name, parse_bool, default, "Use true or false.")

    def integer(self, name: str, default: int, minimum: int, maximum: int) -> int:
        """A whole number between two bounds, both included."""

        def parse(raw: str) -> int:
            number = int(raw)
            if not minimum <= number <= maximum:
                raise ValueError
            return number

        return self.parsed(name, parse, default, f"Use a whole number from {minimum} to {maximum}.")

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        """One word of a few."""

        def parse(raw: str) -> str:
            if raw.lower() not in choices:
                raise ValueError
            return raw.lower()

        return self.parsed(name, parse, default, f"Use one of: {', '.join(choices)}.")

    def json_list(self, name: str) -> list[object]:
        """A JSON list."""

        def parse(raw: str) -> list[object]:
            value = json.loads(raw)
            if not isinstance(value, list):
                raise ValueError  # noqa: TRY004 - json's own errors are ValueErrors too: one kind to catch
            return value

        return self.parsed(name, parse, [], "Write a JSON list, for example [] or [{…}, {…}].")

    def parsed(self, name: str, parse: Callable[[str], T], default: T, cure: str) -> T:
        """The variable through `parse`, which raises ValueError on a bad value; then the default is used."""
        raw = self.raw(name)
        if raw is None:
            return default
        try:
            return parse(raw)
        except (ValueError, RecursionError):  # json gives up on deep nesting
            self.problem(name, f"{name} is set to a value that cannot be used.", cure)
            return default

    def problem(self, variable: str, message: str, cure: str, level: Literal["error", "warning"] = "error") -> None:
        """Note a problem for the system checks, once however often the variable is read."""
        found = Problem(variable, message, cure, level)
        if found not in self.problems:
            self.problems.append(found)

    def prefixed(self) -> set[str]:
        """The names of all set `CACHERR_*` variables, without prefix and without `_FILE`."""
        set_ones = (name for name, value in self.variables.items() if name.startswith(PREFIX) and value)
        names = {name.removeprefix(PREFIX) for name in set_ones}
        return {name if name in NAMED_LIKE_FILES else name.removesuffix(FILE_SUFFIX) for name in names}

    def overrides(self) -> dict[str, Override]:
        """Every variable that may override a setting, by the setting's name in capitals.

        The newer name wins; of the switches in `PROTECTIVE` whichever is on.
        """
        candidates: dict[str, tuple[str, ...]] = {setting: (PREFIX + setting,) for setting in self.prefixed()}
        for setting, older in OLDER_NAMES.items():
            candidates[setting] = (PREFIX + setting, *older)
        found: dict[str, Override] = {}
        for setting, variables in candidates.items():
            given = [Override(name, raw) for name in variables if (raw := self.raw(name)) is not None]
            if setting in PROTECTIVE:
                given.sort(key=lambda override: override.raw.strip().lower() not in TRUE_WORDS)
            if given:
                found[setting] = given[0]
        return found
