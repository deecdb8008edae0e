"""`audit`: compares rows, cache and array."""

import os
import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from cacherr.commands import CacherrCommand
from cacherr.errors import StorageAbsentError
from caching import auditing, disk, events, stopping
from caching.auditing import Audited, Finding, Kind, Repaired
from caching.management.ordering import escaped, shown
from caching.models import CachedFile
from caching.notifying import outbox, sentences
from caching.planning.sizes import readable

SIGNS = {"info": "note   ", "warning": "WARNING", "error": "ERROR  "}
STOPPED = 1


class Command(CacherrCommand):
    """Reports what is not as the rows say; repairs what is certain when asked to."""

    help = "Compare rows, cache and array. Changes nothing without --repair."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--repair`, `--verify`."""
        super().add_arguments(parser)
        parser.add_argument("--repair", action="store_true", help="repair what is certain, by ordinary operations")
        parser.add_argument("--verify", action="store_true", help="read every file and compare its checksum")

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Audit. 1 when something is left to look at, 4 when a root is absent."""
        watch = _Watch()
        repaired, started = Repaired(Audited()), timezone.now()
        try:
            with stopping.by_signals():
                if options["repair"]:
                    repaired = auditing.repair(verified=options["verify"], watch=watch)
                else:
                    repaired = Repaired(auditing.examine(verified=options["verify"], watch=watch))
            auditing.record(repaired.audited, "command", started)
        except disk.Cancelled:
            return _reported(repaired) | {"success": False, "stopped": True}, STOPPED
        finally:
            watch.end()
            events.flush()
        if told := sentences.audited([f"{one.message} {one.cure}" for one in repaired.audited.left]):
            outbox.tell(told)
        report = _reported(repaired)
        absent = any(one.kind is Kind.ABSENT for one in repaired.audited.findings)
        return report, StorageAbsentError.exit_code if absent else 0 if report["success"] else 1

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each finding, and one for all."""
        for row in report["findings"]:
            sign = "repaired" if row["repaired"] else SIGNS[row["severity"]]
            cure = "" if row["repaired"] else row["cure"]
            paths = ", ".join(row["paths"])
            self.stdout.write(escaped(f"{sign} {row['kind']}: {paths}: {row['message']} {cure}".rstrip()))
        if report.get("stopped"):
            self.stdout.write("Stopped: nothing was changed.")
            return
        verified = f", {report['verified']} read and compared" if report["verified"] else ""
        left = report["left"]
        found = "nothing to look at" if not left else "1 finding" if left == 1 else f"{left} findings"
        self.stdout.write(f"{report['files']} cached files{verified}: {found}.")


def _reported(repaired: Repaired) -> dict[str, Any]:
    audited = repaired.audited
    left = audited.left
    return {
        "success": not left,
        "files": audited.files,
        "verified": audited.verified,
        "left": len(left),
        "findings": [_finding(one, repaired=one in audited.repaired) for one in audited.findings],
        "operations": [shown(row) for row in repaired.operations],
    }


def _finding(one: Finding, *, repaired: bool) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "severity": one.severity.value,
        "paths": [os.fsdecode(path) for path in one.paths],
        "message": one.message,
        "cure": one.cure,
        "repairable": one.repairable,
        "repaired": repaired,
    }


class _Watch:
    """Shows on a terminal what is being read, and ends the reading when the process shall stop."""

    def __init__(self) -> None:
        self._shown = ""

    def __call__(self, file: CachedFile, done: int) -> None:
        if stopping.requested():
            raise disk.Cancelled
        if not sys.stderr.isatty():
            return
        text = f"\r{100 * done // max(file.size, 1):3} % of {readable(file.size)}  {escaped(file.file_name)[:50]:<50}"
        if text != self._shown:
            self._shown = text
            sys.stderr.write(text)
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._shown:
            sys.stderr.write("\n")
