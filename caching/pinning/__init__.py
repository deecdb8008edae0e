"""Pins: what the owner orders to be kept cached, as wants; making and removing them within the budget."""

from caching.pinning.making import AskedFor, named, pin, pin_files
from caching.pinning.overview import Shown, overview
from caching.pinning.renumbering import renumber
from caching.pinning.room import Fit, fit, whole_room
from caching.pinning.wanting import answer, items_of

__all__ = [
    "AskedFor", "Fit", "Shown", "answer", "fit", "items_of", "named", "overview", "pin", "pin_files", "renumber",
    "whole_room",
]  # fmt: skip
