"""What Cacherr's management commands have in common: `--json`, exit codes, one sentence instead of a traceback."""

import json
import logging
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import takewhile
from typing import Any, NoReturn

from django.core import checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from cacherr.errors import CacherrError, ConfigurationError

log = logging.getLogger(__name__)


class CacherrCommand(BaseCommand):
    """A command that answers with a report. `perform` returns it; `tell` prints it for people.

    Exit codes: 0 done, 1 something failed or was found, 2 configuration or usage, 3 Plex, 4 storage absent, 75 busy.
    """

    # Django would end with its own code and format; `require_settings` asks the same checks.
    requires_system_checks = ()
    needs_settings = True
    wants_json = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Every command takes `--json`."""
        parser.add_argument(
            "--json", action="store_true", help="one JSON object on standard output, logs on standard error"
        )

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Do the work. Returns the report and the exit code; raises named errors."""
        raise NotImplementedError

    def tell(self, report: dict[str, Any]) -> None:
        """Print the report for people."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Perform, print, and end with the right code."""
        try:
            if self.needs_settings:
                require_settings()
            require_database()
            if self.needs_settings:
                require_agreement()
            report, code = self.perform(**options)
        except (CacherrError, DatabaseError) as problem:
            error = problem if isinstance(problem, CacherrError) else database_error(problem)
            refuse(error, as_json=options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.tell(report)
        self.stdout.flush()
        if code:
            sys.exit(code)

    def run_from_argv(self, argv: list[str]) -> None:
        """What Django calls; whoever wants JSON gets it also when the rest cannot be understood."""
        self.wants_json = wants_json(argv)
        super().run_from_argv(argv)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Django's, which knows of no JSON."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if self.wants_json:
            parser.error = partial(refuse_usage, f"`cacherr {subcommand} --help` shows what it takes.")  # type: ignore[method-assign]
        return parser

    def tell_absent(self, report: dict[str, Any]) -> None:
        """A line for each root that is not there, for people."""
        for one in report["absent"]:
            self.stdout.write(f"{one['error']} {one['cure']}")


def shown(errors: Mapping[str, CacherrError]) -> list[dict[str, str]]:
    """Errors by path, for a report."""
    return [{"path": path, "error": error.message, "cure": error.cure} for path, error in errors.items()]


def wants_json(argv: Sequence[str]) -> bool:
    """Whether JSON is asked for; what comes after `--` is a name."""
    return "--json" in takewhile(lambda word: word != "--", argv)


def refuse(error: CacherrError, *, as_json: bool) -> NoReturn:
    """End with one sentence and its cure, and the exit code."""
    if as_json:
        report = {"success": False, "error": error.message, "cure": error.cure, "exit_code": error.exit_code}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stderr.write(f"{error}\n")
    sys.exit(error.exit_code)


def refuse_usage(cure: str, message: str) -> NoReturn:
    """End with what the parser complains of, as JSON."""
    refuse(ConfigurationError(f"{message[:1].upper()}{message[1:]}.", cure), as_json=True)


def require_settings() -> None:
    """Refuse to work with settings that cannot be used. Raises ConfigurationError with all of them at once."""
    _require("environment")


def require_agreement() -> None:
    """Refuse to work with variables that contradict each other or what is stored. Raises ConfigurationError."""
    _require("agreement")


def _require(tag: str) -> None:
    found = checks.run_checks(tags=[tag])
    for message in found:
        if message.level < checks.ERROR:
            log.warning("%s %s", message.msg, message.hint or "")
    errors = [message for message in found if message.level >= checks.ERROR]
    if errors:
        raise ConfigurationError(
            " ".join(message.msg for message in errors), " ".join(message.hint or "" for message in errors)
        )


def require_database() -> None:
    """Bring an empty or older database up to date; the rows of a newer one are left alone.

    A command may be the first thing that a person ever runs, so it makes its own tables.
    """
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise database_error(error) from error


def database_error(error: DatabaseError) -> ConfigurationError:
    """The database's complaint with a cure."""
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    cure = "Check DATABASE_URL, or whether the configuration directory can be written to and has room."
    return ConfigurationError(f"The database cannot be used: {said}.", cure)
