"""What happened, newest first, from the rows that tell of it: cycles, operations, plays, and the sentences noted."""

from caching.activity.reading import Kind, entries, latest

__all__ = ["Kind", "entries", "latest"]
