"""Plex: the server, its accounts, what is in the library, and what each person wants to watch."""
