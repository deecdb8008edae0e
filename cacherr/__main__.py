"""`cacherr COMMAND`, `python -m cacherr COMMAND` and `manage.py COMMAND` are one and the same."""

import os
import sys


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")
    # Not before the variable above is set.
    from cacherr.command_line import CommandLine

    CommandLine(sys.argv).execute()


if __name__ == "__main__":
    main()
