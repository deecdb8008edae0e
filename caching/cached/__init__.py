"""Cached files as people and programs look at them: finding, counting, exporting, and sending back what is unwanted."""
