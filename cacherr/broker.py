"""The embedded queue: Kombu's messages in files, without its race.

Kombu writes a message under its final name, so a worker that looks at that moment reads half of it, dies of it and is
never started again (celery/kombu#1551). Here a message gets its name when it is complete, and one that was cut short
by a power failure is dropped with a warning: messages are nudges only, the rows say what is to be done.
"""

import logging
import os
import uuid
from pathlib import Path
from queue import Empty
from time import monotonic_ns
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

log = logging.getLogger(__name__)

SCHEME = "cacherr-files"


class Channel(filesystem.Channel):
    """Puts whole messages only, and survives one that is not."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]  # Kombu disagrees with itself
        name = f"{monotonic_ns() // 1_000_000}_{uuid.uuid4()}.{queue}.msg"
        directory = Path(self.data_folder_out)
        unfinished = directory / f".{name}"  # the dot keeps it from being taken for a message of this queue
        try:
            unfinished.write_text(dumps(payload))
            os.replace(unfinished, directory / name)
        except OSError as error:
            raise ChannelError(f"The message {name} cannot be written to {directory}.") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 - Kombu's own signature
        try:
            return super()._get(queue)
        except ValueError as error:
            log.warning("A message that was cut short is dropped: %s", error)
            raise Empty from error


class Transport(filesystem.Transport):
    """The transport of `cacherr-files://` addresses."""

    Channel = Channel


def register() -> None:
    """Let Kombu know the addresses."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
