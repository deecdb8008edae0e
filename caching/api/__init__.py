"""REST endpoints of the caching app: doors, nothing else. One module for each group."""

from ninja import Router

from caching.api import (
    activity,
    audit,
    cycles,
    doctor,
    explain,
    files,
    limits,
    logs,
    mappings,
    notifications,
    operations,
    pins,
    replaying,
    rules,
    schedules,
    settings,
    state,
    watching,
    webhooks,
)

router = Router()
router.add_router("", state.router)
router.add_router("cycles", cycles.router)
router.add_router("cached", files.router)
router.add_router("operations", operations.router)
router.add_router("", explain.router)
router.add_router("mappings", mappings.router)
router.add_router("pins", pins.router)
router.add_router("rules", rules.router)
router.add_router("limits", limits.router)
router.add_router("audit", audit.router)
router.add_router("doctor", doctor.router)
router.add_router("schedules", schedules.router)
router.add_router("", activity.router)
router.add_router("replay", replaying.router)
router.add_router("", logs.router)
router.add_router("notifications", notifications.router)
router.add_router("settings", notifications.test_router)
router.add_router("settings", settings.router)
router.add_router("", watching.router)

open_router = Router()
"""Endpoints without a login."""
open_router.add_router("", state.open_router)
open_router.add_router("webhooks", webhooks.router)

__all__ = ["open_router", "router"]
