"""The command line as a whole: which command is meant."""

from difflib import get_close_matches

from django.core.management import BaseCommand, ManagementUtility, get_commands

from cacherr.commands import refuse, wants_json
from cacherr.errors import ConfigurationError


class CommandLine(ManagementUtility):
    """Django's, but a command that there is not is a usage error like any other."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """The command of this name."""
        known = get_commands()
        if subcommand not in known and self.settings_exception is None:  # else Django tells what is wrong with those
            near = get_close_matches(subcommand, known, n=1)
            cure = f"Did you mean {near[0]}?" if near else "`cacherr help` lists all commands."
            refuse(ConfigurationError(f"There is no command {subcommand!r}.", cure), as_json=wants_json(self.argv))
        return super().fetch_command(subcommand)
