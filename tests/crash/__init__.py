"""Crash tests: the process is really killed at each call that changes something below a root."""
