"""The rows: lists, what is on them, and the settings of all lists."""

from importlists.models.import_list import Choice, Depth, ImportList, ListState
from importlists.models.item import ListItem, Way
from importlists.models.policy import ListPolicy
from importlists.models.trakt import TraktAccount

__all__ = ["Choice", "Depth", "ImportList", "ListItem", "ListPolicy", "ListState", "TraktAccount", "Way"]
