"""REST endpoints about Plex: doors, nothing else. One module for each group."""

from ninja import Router

from plexusers.api import library, server, users

router = Router()
router.add_router("library", library.router)
router.add_router("settings", server.router)
router.add_router("users", users.router)

__all__ = ["router"]
