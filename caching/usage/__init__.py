"""How full the caches are and were, by the source for whose sake."""
