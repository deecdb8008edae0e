"""The heart: what deserves the cache, and moving files without ever losing a byte."""
