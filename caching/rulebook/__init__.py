"""Rules: from rows to values, what they can ask about files, and what a rule would hit."""

from caching.rulebook.subjects import informed, refused

__all__ = ["informed", "refused"]
