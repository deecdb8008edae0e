"""`prepare`: what `serve` does before it serves, for the web process of a stack of containers."""

from typing import Any

from cacherr.accounts import ensure_admin
from cacherr.commands import CacherrCommand
from caching import beginning, mappings, scheduling


class Command(CacherrCommand):
    """Brings the tables up to date and takes over what the environment says.

    That are the path mappings, the time zone of schedules, and the first account.
    """

    help = "Migrate, take over the environment's path mappings and make the first account; `serve` does this by itself."

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:  # noqa: ARG002 - one signature for all commands
        """Prepare. The tables are made by every command."""
        mappings.in_force()
        beginning.first_start()
        scheduling.follow_time_zone()
        return {"success": True, "login": ensure_admin(make_up=beginning.is_set_up())}, 0

    def tell(self, report: dict[str, Any]) -> None:
        """How to sign in."""
        if report["login"]:
            self.stderr.write(f"Sign in as {report['login']}")
