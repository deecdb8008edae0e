"""Pins: what the owner orders to be kept cached, as wants; making and removing them within the budget."""

from caching.pinning.making import AskedFor, keys_by_path, pin, pin_files, unpin
from caching.pinning.room import Fit, fit, whole_room
from caching.pinning.wanting import answer, items_of

__all__ = ["AskedFor", "Fit", "answer", "fit", "items_of", "keys_by_path", "pin", "pin_files", "unpin", "whole_room"]
