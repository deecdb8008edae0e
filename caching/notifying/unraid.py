"""Unraid's own notifications: its script is run, by a list of arguments and never by a shell.

The script is Unraid's `notify` (webGui/scripts): `-e` event, `-s` subject, `-d` description, `-i` normal, warning or
alert, `-m` message. It is PHP: where Cacherr runs without PHP, a script of one's own can stand at its path.
"""

import logging
import os
import subprocess

from django.conf import settings

from cacherr.errors import ConfigurationError
from caching.notifying.values import Message

log = logging.getLogger(__name__)

URL = "unraid://"
NAME = "Unraid"
SECONDS = 15
IMPORTANCE = {"success": "normal", "info": "normal", "warning": "warning", "failure": "alert"}


def is_meant(url: str) -> bool:
    """Whether an address is Unraid's."""
    return url.lower().startswith(URL)


def is_there() -> bool:
    """Whether the script can be run."""
    path = settings.CACHERR_UNRAID_NOTIFY
    return os.path.isfile(path) and os.access(path, os.X_OK)


def require() -> None:
    """Raises ConfigurationError without the script."""
    if not is_there():
        raise ConfigurationError(
            f"Unraid's script {settings.CACHERR_UNRAID_NOTIFY} is not there.",
            "Mount it into the container, or name another one in CACHERR_UNRAID_NOTIFY.",
        )


def arguments(message: Message) -> list[str]:
    """What the script is given."""
    lines = message.body.split("\n")
    return [
        "-e", "Cacherr", "-s", message.title, "-d", lines[0], "-i", IMPORTANCE[message.level],
        "-m", "\n".join(lines[1:]),
    ]  # fmt: skip


def notify(message: Message) -> str:
    """Run the script. Why it did not work, as a sentence; empty when it did. Raises ConfigurationError."""
    require()
    script = settings.CACHERR_UNRAID_NOTIFY
    try:
        done = subprocess.run(
            [script, *arguments(message)], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{script} did not end within {SECONDS} seconds."
    except OSError as error:
        # The kernel names the script, but means what is to read it.
        return f"{script} cannot be run ({error.strerror}). Unraid's own script needs PHP, which may not be here."
    if done.returncode:
        log.warning("%s said: %s", script, done.stderr.decode(errors="replace").strip()[:500])
        return f"{script} ended with {done.returncode}."
    return ""
