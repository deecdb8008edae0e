#!/usr/bin/env python
"""Django's entry point; the same as the `cacherr` command."""

from cacherr.__main__ import main

if __name__ == "__main__":
    main()
