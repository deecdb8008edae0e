"""Watching playback: a look at what plays, what it leads to, and the thread that looks again and again."""

from caching.watching.asking import alive, ask_to_look, start, stop, webhook_secret
from caching.watching.history import clear_history
from caching.watching.watcher import Watcher

__all__ = ["Watcher", "alive", "ask_to_look", "clear_history", "start", "stop", "webhook_secret"]
