"""The first-run wizard: pages that lead from nothing to the first cycle. A door.

Every page works without scripts. What is entered is stored at once where it belongs, so that each step can be left and
taken up again; a step is done when the rows say so.
"""

from django.urls import path

from caching.setup.account import account
from caching.setup.frame import index
from caching.setup.people import users
from caching.setup.plex import plex, waiting
from caching.setup.preview import preview
from caching.setup.space import space
from caching.setup.storage import mappings

urlpatterns = [
    path("", index, name="setup"),
    path("account/", account, name="setup_account"),
    path("plex/", plex, name="setup_plex"),
    path("plex/waiting/", waiting, name="setup_waiting"),
    path("mappings/", mappings, name="setup_mappings"),
    path("users/", users, name="setup_users"),
    path("space/", space, name="setup_space"),
    path("preview/", preview, name="setup_preview"),
]
