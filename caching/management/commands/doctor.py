"""`doctor`: what is wrong, and what to do about it."""

from dataclasses import asdict
from typing import Any

from cacherr.commands import CacherrCommand
from caching import doctor

SIGNS = {"ok": "ok     ", "note": "note   ", "warning": "WARNING", "error": "ERROR  "}


class Command(CacherrCommand):
    """Examines settings, storage, Plex and their agreement."""

    help = "Look for what is wrong with settings, storage, Plex and path mappings; every finding has a cure."
    # It reports bad settings itself, together with everything else.
    needs_settings = False

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002
        """Examine. The exit code is that of the first error."""
        findings = doctor.examine()
        code = doctor.worst(findings)
        return {"success": code == 0, "findings": [asdict(finding) for finding in findings]}, code

    def tell(self, report: dict[str, Any]) -> None:
        """A line for each finding."""
        for finding in report["findings"]:
            self.stdout.write(
                f"{SIGNS[finding['level']]} {finding['check']}: {finding['message']} {finding['cure']}".rstrip()
            )
