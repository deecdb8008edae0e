"""Reading files that somebody names on the command line: documents, never media."""

import sys
from pathlib import Path

from cacherr.errors import ConfigurationError

MAX_BYTES = 32 * 1024 * 1024
STANDARD_INPUT = "-"


def read(path: str) -> bytes:
    """The content of a file, `-` for standard input. Raises ConfigurationError."""
    try:
        if path == STANDARD_INPUT:
            body = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                body = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "this is no path"
        raise ConfigurationError(f"{path} cannot be read: {said}.", "Name a file that is there.") from error
    if len(body) > MAX_BYTES:
        raise ConfigurationError(f"{path} is too large.", "Name a document of settings.")
    return body


def beside(path: str, *names: str) -> bytes | None:
    """The content of the first of these files, named from the directory of another one; None when there is none."""
    if path == STANDARD_INPUT:
        return None
    for name in names:
        other = Path(path).parent / name
        if other.is_file():
            return read(str(other))
    return None
