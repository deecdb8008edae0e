"""Watchlists: read when they are due, kept as rows, turned into wants."""

from plexusers.watchlists.reading import has_watchlist, refresh
from plexusers.watchlists.wanting import answers, claim_of

__all__ = ["answers", "claim_of", "has_watchlist", "refresh"]
