"""System checks of the caching app."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks

from caching import mappings


@checks.register("environment")
def mappings_are_usable(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's own signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """The path mappings that the environment declares can be understood."""
    return [
        checks.Error(problem.message, hint=problem.cure, obj=problem.variable, id="caching.E001")
        for problem in mappings.problems()
    ]
