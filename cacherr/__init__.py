"""Cacherr's project package: the floor everything stands on and the roof that joins the apps."""

__version__ = "0.1.0"
