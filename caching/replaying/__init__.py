"""Replay: what was watched, watched once more with other settings, to count what would have come from the cache."""
