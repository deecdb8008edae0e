"""The shape of the code, read from its sources: who may import whom, who may touch what, and how large things get.

Each rule is a function from a source to its findings. A test runs it over the whole product, and another one feeds it
small bad sources, because a rule that cannot find anything proves nothing.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
APPS = ("plexusers", "importlists", "caching")
PRODUCT = ("cacherr", *APPS)

FLOOR = {
    "access", "accounts", "addresses", "commands", "databases", "documents", "endpoints", "env", "envelope", "errors",
    "exposition", "fetching", "fields", "labelled_list", "liveness", "log_settings", "logbook", "origin", "outbound",
    "overrides", "pinning", "politeness", "read_only_admin", "redaction", "rests", "settings_admin", "tally", "turns",
    "confirming", "given_files", "heeding", "setting_changes",
    "setting_sheet",
    "backups", "command_line",
    "texts",
}  # fmt: skip
ROOF = {
    "__main__", "admin", "api", "apps", "asgi", "beat", "broker", "celery", "checks", "demo", "formats", "management",
    "complaints", "parsing", "proxies", "settings", "supervisor", "urls",
}  # fmt: skip
DOORS = {"tasks", "admin", "api", "consumers", "management", "setup", "signin"}
ENTRY_POINTS = {"manage.py", "cacherr/__main__.py", "cacherr/asgi.py", "cacherr/celery.py"}
STAND_IN = "plexusers.standin"

MAX_LINES = 250
MAX_FUNCTION_LINES = 40
MAX_TASK_STATEMENTS = 5

Finding = tuple[int, str]


@dataclass(frozen=True)
class Source:
    """A module of the product, or one that a test makes up."""

    path: str
    """Below the project's directory."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """The dotted name; a package's is that of its directory."""
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def package(self) -> list[str]:
        parts = self.module.split(".")
        return parts if self.path.endswith("__init__.py") else parts[:-1]

    def is_in(self, *modules: str) -> bool:
        return any(is_below(self.module, module) for module in modules)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything imported, wherever it stands: a module, or a name of one."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = self.package[: len(self.package) - node.level + 1] if node.level else []
                base = [*above, *([node.module] if node.module else [])]
                yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)

    def imports_at_once(self) -> Iterator[str]:
        """What must be there before this module is: all but what stands in functions or is for type checkers."""
        for statement in self.tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                yield from (name for _, name in Source(self.path, ast.unparse(statement)).imports())


Rule = Callable[[Source], Iterator[Finding]]


def is_below(name: str, module: str) -> bool:
    """Whether a dotted name is the module or lies below it."""
    return name == module or name.startswith(module + ".")


def product() -> list[Source]:
    paths = [PROJECT / "manage.py", *(path for top in PRODUCT for path in sorted((PROJECT / top).rglob("*.py")))]
    return [
        Source(str(path.relative_to(PROJECT)), path.read_text(encoding="utf-8"))
        for path in paths
        if "migrations" not in path.parts
    ]


SOURCES = product()
FOUND_IN_PROJECT = {source.module for source in SOURCES}


# ---- imports -----------------------------------------------------------------------------------------------------


def layer(name: str) -> int | None:
    """Where a dotted name stands in the chain; None outside it."""
    top, *rest = name.split(".")
    if top in APPS:
        return 1 + APPS.index(top)
    if top != "cacherr":
        return None
    if not rest or rest[0] in FLOOR or (rest[0] not in ROOF and name not in FOUND_IN_PROJECT):
        return 0  # the package itself and what its __init__ holds
    return 1 + len(APPS)


def chain(source: Source) -> Iterator[Finding]:
    mine = layer(source.module)
    for line, name in source.imports():
        theirs = layer(name)
        if mine is not None and theirs is not None and theirs > mine:
            yield line, f"imports {name}, which stands above it"
        if mine is not None and is_below(name, "importlib"):
            yield line, "imports by name, which nobody could check"
        if is_below(name, STAND_IN) and not source.is_in(STAND_IN) and source.path != "cacherr/demo.py":
            yield line, "imports the stand-in"


def pure_planner(source: Source) -> Iterator[Finding]:
    if source.is_in("caching.planning"):
        yield from beyond_the_standard_library(source, "caching.planning")


def pure_stand_in(source: Source) -> Iterator[Finding]:
    if source.is_in(STAND_IN):
        yield from beyond_the_standard_library(source, STAND_IN)


def beyond_the_standard_library(source: Source, own: str) -> Iterator[Finding]:
    for line, name in source.imports():
        if name.split(".")[0] not in sys.stdlib_module_names and not is_below(name, own):
            yield line, f"imports {name}"


def one_owner_of_plexapi(source: Source) -> Iterator[Finding]:
    if source.path != "plexusers/plex.py":
        yield from ((line, f"imports {name}") for line, name in source.imports() if is_below(name, "plexapi"))


def one_owner_of_apprise(source: Source) -> Iterator[Finding]:
    """Apprise makes requests of its own: notification targets are the one exception to the door to the outside."""
    if source.path != "caching/notifying/posting.py":
        yield from ((line, f"imports {name}") for line, name in source.imports() if is_below(name, "apprise"))


CLIENTS = (
    "requests", "urllib3", "httpx", "httpx2", "aiohttp", "urllib.request", "http.client", "websocket", "websockets",
    "ftplib", "smtplib", "pycurl",
)  # fmt: skip


def one_door_to_the_outside(source: Source) -> Iterator[Finding]:
    if source.path == "cacherr/outbound.py" or source.is_in(STAND_IN):
        return
    for line, name in source.imports():
        if any(is_below(name, client) for client in CLIENTS):
            yield line, f"imports {name}"


def doors_are_not_imported(source: Source) -> Iterator[Finding]:
    if layer(source.module) == layer("cacherr.urls"):
        return
    for line, name in source.imports():
        top, _, rest = name.partition(".")
        door = rest.split(".")[0]
        own = source.module.split(".")[:2] == [top, door]
        if top in APPS and door in DOORS and not own:
            yield line, f"imports the door {name}"


def loop(sources: Iterable[Source]) -> list[str]:
    """Modules that wait for each other, whichever of them is imported first; empty when none do.

    Who imports a module imports its packages before it, but for those that are at it themselves.
    """
    modules = {source.module: source for source in sources}
    order: TopologicalSorter[str] = TopologicalSorter()
    for name, source in modules.items():
        for imported in source.imports_at_once():
            parts = imported.split(".")
            loaded = {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & modules.keys()
            order.add(name, *(other for other in loaded if not is_below(name, other)))
    try:
        order.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


# ---- the environment and media files ------------------------------------------------------------------------------


def attributes(source: Source, owner: str) -> Iterator[tuple[ast.Attribute, str]]:
    """Every use of `owner.something`, with the something."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == owner:
            yield node, node.attr


ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}


def one_reader_of_the_environment(source: Source) -> Iterator[Finding]:
    if source.path == "cacherr/settings.py":
        return
    allowed = set(settings_module_lines(source)) if source.path in ENTRY_POINTS else set()
    for node, name in attributes(source, "os"):
        if name in ENVIRONMENT and node.lineno not in allowed:
            yield node.lineno, f"uses os.{name}"
    yield from (
        (line, f"imports {name}") for line, name in source.imports() if name in {f"os.{x}" for x in ENVIRONMENT}
    )


def settings_module_lines(source: Source) -> Iterator[int]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node).startswith(
            "os.environ.setdefault('DJANGO_SETTINGS_MODULE',"
        ):
            yield node.lineno


HARMLESS_IN_OS = {"path", "fsencode", "fsdecode", "strerror", "sep", *ENVIRONMENT}
HARMLESS_IN_OS_PATH = {"join", "dirname", "basename", "split", "splitext", "normpath", "commonpath", "isabs"}
FILE_MODULES = (
    "shutil", "tempfile", "glob", "fcntl", "mmap", "ctypes", "subprocess", "pathlib", "io", "fileinput", "tarfile",
    "zipfile",
)  # fmt: skip
PURE_PATHS = {"pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath"}
PATH_METHODS = {
    "write_text", "write_bytes", "read_text", "read_bytes", "unlink", "rmdir", "mkdir", "touch", "symlink_to",
    "hardlink_to", "chmod", "iterdir", "rglob",
}  # fmt: skip
# Where no media is: a lock and the list that Unraid's mover reads, both in the configuration directory, and a script.
OWNS_ITS_FILE = {"caching/lock.py", "caching/exclusions.py", "caching/notifying/unraid.py"}


def one_owner_of_media_files(source: Source) -> Iterator[Finding]:
    if not source.is_in(*APPS) or source.is_in(STAND_IN, "caching.disk") or source.path in OWNS_ITS_FILE:
        return
    for line, name in source.imports():
        if any(is_below(name, module) for module in FILE_MODULES) and name not in PURE_PATHS:
            yield line, f"imports {name}"
    yield from touching_through_os(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PATH_METHODS:
            yield node.lineno, f"calls .{node.func.attr}()"
        elif isinstance(node, ast.Name) and node.id in {"open", "exec", "eval", "__import__"}:
            yield node.lineno, f"uses {node.id}"


def touching_through_os(source: Source) -> Iterator[Finding]:
    imported = [(line, name) for line, name in source.imports() if name.startswith("os.")]
    used = [(node.lineno, f"os.{name}") for node, name in attributes(source, "os")]
    below = [
        (node.lineno, f"os.path.{node.attr}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os.path"
    ]
    for line, name in (*imported, *used, *below):
        if name.removeprefix("os.") not in HARMLESS_IN_OS and name.removeprefix("os.path.") not in HARMLESS_IN_OS_PATH:
            yield line, f"uses {name}"


def system_calls_stay_on_the_disk(source: Source) -> Iterator[Finding]:
    if not source.is_in("caching.disk"):
        for line, name in source.imports():
            if is_below(name, "caching.disk.calls"):
                yield line, f"imports {name}"


# ---- sizes, names, exceptions -------------------------------------------------------------------------------------


def tasks_are_doors(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if any(re.search(r"\btask\b|shared_task", ast.unparse(mark)) for mark in node.decorator_list):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            statements = sum(isinstance(inner, ast.stmt) for part in body for inner in ast.walk(part))
            if statements > MAX_TASK_STATEMENTS:
                yield node.lineno, f"the task {node.name} has {statements} statements"
            if not source.path.endswith("/tasks.py"):
                yield node.lineno, f"the task {node.name} is in no tasks.py"
        elif source.path.endswith("/tasks.py") and not node.name.startswith("_"):
            yield node.lineno, f"{node.name} is no task, and no worker would know it"


DULL = {"util", "utils", "helper", "helpers", "core", "service", "services", "manager", "managers", "misc", "common"}


def names_say_something(source: Source) -> Iterator[Finding]:
    for part in source.module.split("."):
        if set(part.split("_")) & DULL:
            yield 1, f"the name {part} says nothing"


def files_are_short(source: Source) -> Iterator[Finding]:
    lines = [line.strip() for line in source.text.splitlines()]
    count = sum(bool(line) and not line.startswith("#") for line in lines)
    if count > MAX_LINES:
        yield count, f"has {count} lines"


def functions_are_short(source: Source) -> Iterator[Finding]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > MAX_FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {count} lines"


def broad_excepts_have_reasons(source: Source) -> Iterator[Finding]:
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = ast.walk(node.type) if node.type else [ast.Name("Exception")]
        broad = any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in caught)
        _, _, comment = lines[node.lineno - 1].partition("#")
        reason = re.sub(r"noqa(: *[A-Z0-9, ]+)?", "", comment).strip(" #-")
        if broad and len(reason.split()) < 3:
            yield node.lineno, "catches everything without saying why"


# ---- the product obeys --------------------------------------------------------------------------------------------

RULES: dict[str, Rule] = {
    "each app imports only itself and what stands left of it": chain,
    "the planner imports the standard library only": pure_planner,
    "the stand-in imports the standard library only": pure_stand_in,
    "plexapi is imported in one place": one_owner_of_plexapi,
    "Apprise is imported in one place": one_owner_of_apprise,
    "the environment is read in one place": one_reader_of_the_environment,
    "media files are touched in one place": one_owner_of_media_files,
    "raw system calls are imported by the disk only": system_calls_stay_on_the_disk,
    "HTTP clients are imported in one place": one_door_to_the_outside,
    "nobody but the roof imports a door": doors_are_not_imported,
    "a task is a door": tasks_are_doors,
    "a module's name says what it does": names_say_something,
    "a file is short": files_are_short,
    "a function is short": functions_are_short,
    "catching everything has a reason": broad_excepts_have_reasons,
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_the_product_obeys_the_rule(rule: Rule) -> None:
    found = [f"{source.path}:{line}: {what}" for source in SOURCES for line, what in rule(source)]
    assert not found, "\n" + "\n".join(found)


def test_no_module_waits_for_itself() -> None:
    assert loop(SOURCES) == []


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"caching/a.py": "from caching import b", "caching/b.py": "from caching.a import x"}, True),
        ({"caching/a.py": "from caching.b.c import x", "caching/b/__init__.py": "import caching.a",
          "caching/b/c.py": ""}, True),
        ({"caching/a.py": "from caching import b", "caching/b.py": "def f():\n    from caching import a"}, False),
        ({"caching/b/__init__.py": "from caching.b.c import x", "caching/b/c.py": "from caching.b.d import x",
          "caching/b/d.py": ""}, False),
    ],
)  # fmt: skip
def test_a_loop_of_imports_is_found(texts: dict[str, str], found: bool) -> None:
    assert bool(loop(Source(path, text) for path, text in texts.items())) is found


def test_every_module_of_the_project_package_is_floor_or_roof() -> None:
    names = {source.module.split(".")[1] for source in SOURCES if source.module.startswith("cacherr.")}
    assert (names - FLOOR - ROOF, FLOOR & ROOF) == (set(), set())
    assert not (FLOOR | ROOF) - names, "these are gone: take them off the list"


def test_all_sources_are_read() -> None:
    assert {"manage", "cacherr.env", "plexusers.plex", "caching.disk", "plexusers.standin.wire"} <= FOUND_IN_PROJECT
    assert len(SOURCES) > 50


# ---- each rule can fail -------------------------------------------------------------------------------------------

LONG = "def long() -> None:\n" + "    pass\n" * 40
BAD: list[tuple[Rule, str, str, int]] = [
    (chain, "plexusers/x.py", "from caching import cycle", 1),
    (chain, "plexusers/x.py", "import caching.models", 1),
    (chain, "importlists/x.py", "def f():\n    from caching.models import Cycle", 2),
    (chain, "plexusers/x.py", "if TYPE_CHECKING:\n    from importlists.apps import X", 2),
    (chain, "caching/x.py", "from cacherr import settings", 1),
    (chain, "caching/x.py", "from cacherr.celery import app", 1),
    (chain, "caching/x.py", "from cacherr.management.commands import serve", 1),
    (chain, "cacherr/env.py", "from plexusers.models import PlexServer", 1),
    (chain, "cacherr/fields.py", "from . import supervisor", 1),
    (chain, "cacherr/fields.py", "from .. import caching", 1),
    (chain, "caching/x.py", "from importlib import import_module", 1),
    (chain, "caching/x.py", "from plexusers.standin import StandIn", 1),
    (chain, "cacherr/supervisor.py", "import plexusers.standin.server", 1),
    (pure_planner, "caching/planning/x.py", "import django", 1),
    (pure_planner, "caching/planning/x.py", "from caching.models import Cycle", 1),
    (pure_planner, "caching/planning/x.py", "from ..models import Cycle", 1),
    (pure_stand_in, "plexusers/standin/x.py", "from plexusers.models import PlexServer", 1),
    (pure_stand_in, "plexusers/standin/x.py", "import requests", 1),
    (one_owner_of_plexapi, "plexusers/server.py", "def f():\n    import plexapi.server", 2),
    (one_owner_of_plexapi, "caching/cycle.py", "from plexapi.exceptions import NotFound", 1),
    (one_owner_of_apprise, "caching/notifying/sending.py", "def f():\n    from apprise import Apprise", 2),
    (one_reader_of_the_environment, "cacherr/env.py", "import os\nx = os.environ['X']", 2),
    (one_reader_of_the_environment, "caching/x.py", "import os\nx = os.getenv('X')", 2),
    (one_reader_of_the_environment, "caching/x.py", "from os import environ", 1),
    (one_reader_of_the_environment, "manage.py", "import os\nos.environ.setdefault('PLEX_URL', '')", 2),
    (
        one_reader_of_the_environment, "caching/x.py",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'cacherr.settings')", 2,
    ),
    (one_owner_of_media_files, "caching/moves.py", "with open(path) as file: pass", 1),
    (one_owner_of_media_files, "caching/moves.py", "opener = open", 1),
    (one_owner_of_media_files, "caching/moves.py", "import os\nos.rename(a, b)", 2),
    (one_owner_of_media_files, "caching/moves.py", "import os\nos.unlink(a)", 2),
    (one_owner_of_media_files, "caching/moves.py", "import os\nos.stat(a)", 2),
    (one_owner_of_media_files, "caching/moves.py", "import os\nos.path.exists(a)", 2),
    (one_owner_of_media_files, "caching/moves.py", "from os import link", 1),
    (one_owner_of_media_files, "caching/moves.py", "from os.path import exists", 1),
    (one_owner_of_media_files, "plexusers/x.py", "import shutil", 1),
    (one_owner_of_media_files, "importlists/x.py", "from pathlib import Path", 1),
    (one_owner_of_media_files, "caching/x.py", "file.write_bytes(b'')", 1),
    (system_calls_stay_on_the_disk, "caching/moves.py", "from caching.disk import calls", 1),
    (system_calls_stay_on_the_disk, "caching/moves.py", "from caching.disk.calls import renameat2", 1),
    (one_door_to_the_outside, "plexusers/plex.py", "import requests", 1),
    (one_door_to_the_outside, "plexusers/plex.py", "from requests.adapters import HTTPAdapter", 1),
    (one_door_to_the_outside, "importlists/x.py", "from urllib.request import urlopen", 1),
    (one_door_to_the_outside, "importlists/x.py", "from urllib import request", 1),
    (one_door_to_the_outside, "cacherr/demo.py", "def f():\n    import http.client", 2),
    (doors_are_not_imported, "caching/cycle.py", "from caching import tasks", 1),
    (doors_are_not_imported, "caching/cycle.py", "from . import api", 1),
    (doors_are_not_imported, "caching/x.py", "from plexusers.admin import PlexServerAdmin", 1),
    (doors_are_not_imported, "caching/cycle.py", "from caching.setup.frame import done", 1),
    (doors_are_not_imported, "caching/tasks.py", "from caching.consumers import EventConsumer", 1),
    (doors_are_not_imported, "cacherr/commands.py", "from caching.management.commands.cycle import Command", 1),
    (tasks_are_doors, "caching/tasks.py", "@shared_task\ndef f():\n    'Why.'\n    if x:\n" + "        y()\n" * 5, 2),
    (tasks_are_doors, "caching/tasks.py", "@app.task(bind=True)\ndef f(self):\n" + "    y()\n" * 6, 2),
    (tasks_are_doors, "caching/cycle.py", "@shared_task\ndef f(): ...", 2),
    (tasks_are_doors, "caching/tasks.py", "def f(): ...", 1),
    (names_say_something, "caching/utils.py", "", 1),
    (names_say_something, "caching/cache_service.py", "", 1),
    (names_say_something, "plexusers/managers/__init__.py", "", 1),
    (files_are_short, "caching/x.py", "x = 1\n" * 251, 251),
    (functions_are_short, "plexusers/standin/x.py", LONG, 1),
    (broad_excepts_have_reasons, "x.py", "try: ...\nexcept Exception: ...", 2),
    (broad_excepts_have_reasons, "x.py", "try: ...\nexcept: ...", 2),
    (broad_excepts_have_reasons, "x.py", "try: ...\nexcept (ValueError, BaseException) as e: ...", 2),
    (broad_excepts_have_reasons, "x.py", "try: ...\nexcept Exception:  # noqa: BLE001\n    ...", 2),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "text", "line"), BAD)
def test_a_breach_is_found_at_its_line(rule: Rule, path: str, text: str, line: int) -> None:
    assert {number for number, _ in rule(Source(path, text))} == {line}


def test_every_rule_has_a_breach_that_it_finds() -> None:
    assert {rule for rule, *_ in BAD} == set(RULES.values())


GOOD: list[tuple[Rule, str, str]] = [
    (chain, "caching/x.py", "from cacherr import __version__\nfrom cacherr.env import Problem\nimport plexusers"),
    (chain, "cacherr/demo.py", "from plexusers.standin import StandIn\nfrom caching.models import Cycle"),
    (pure_planner, "caching/planning/x.py", "import math\nfrom .plan import x\nfrom caching.planning import sizes"),
    (
        one_reader_of_the_environment, "manage.py",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'cacherr.settings')",
    ),
    (one_owner_of_media_files, "caching/disk/x.py", "import os\nos.rename(a, b)"),
    (one_owner_of_media_files, "caching/x.py", "import os\nos.path.join(a, os.fsencode(b))\nx.replace('a', 'b')"),
    (one_door_to_the_outside, "caching/x.py", "from urllib.parse import urlsplit"),
    (doors_are_not_imported, "cacherr/urls.py", "from caching.api import router"),
    (doors_are_not_imported, "caching/x.py", "from django.contrib import admin"),
    (doors_are_not_imported, "caching/api/files.py", "from caching.api.operations import described"),
    (files_are_short, "caching/x.py", "x = 1\n" * 250 + "# why\n\n" * 50),
    (broad_excepts_have_reasons, "x.py", "try: ...\nexcept Exception:  # noqa: BLE001 - files go first\n    ..."),
    (broad_excepts_have_reasons, "x.py", "try: ...\nexcept ValueError: ..."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "path", "text"), GOOD)
def test_what_is_allowed_is_not_found(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []
