"""Real PostgreSQL, Redis and a browser for the tests: given, else found and started, else named as missing.

`python -m tests.services -- COMMAND…` runs a command that needs them. They must be up before pytest reads Django's
settings, which is why this is a program around pytest and not a fixture.
"""
