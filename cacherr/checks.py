"""System checks of the environment: each finding has an id, the variable's name and a cure."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import DatabaseError

from cacherr.overrides import AGREE_CURE, override_error, overrides_of, setting_fields, settings_models

# Variables with the prefix that are read in settings.py and are no field of a settings model.
ENVIRONMENT_ONLY = frozenset(
    {
        "ADMIN_PASSWORD", "ADMIN_USER", "ALLOWED_HOSTS", "API_KEY", "CONFIG_DIR", "COPY_CHUNK", "HOST",
        "LIVENESS_PATH", "OUTBOUND_GATEWAY", "PATH_MAPPINGS", "PLACEMENT", "PORT", "SECRET_KEY", "TRUSTED_PROXIES",
        "UNRAID_NOTIFY",
    }
)  # fmt: skip


@checks.register("environment")
def environment_is_usable(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's own signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """Everything that is wrong with the variables, in one go."""
    return [*_unreadable(), *_bad_overrides(), *_unknown()]


@checks.register("agreement")
def settings_agree(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django's own signature
    **_: Any,
) -> list[checks.CheckMessage]:
    """Variables that contradict each other, or what is stored. One query for each model that a variable is for."""
    found: list[checks.CheckMessage] = []
    for model in settings_models():
        if any(overrides_of(model)):
            try:
                row = model.effective()
            except DatabaseError:
                continue  # there are no tables yet, or no database: others tell of that
            said = row.contradictions().values()
            found += [checks.Error(one, hint=AGREE_CURE, obj=model, id="cacherr.E003") for one in said]
    return found


def _unreadable() -> Iterator[checks.CheckMessage]:
    for problem in settings.ENVIRONMENT_PROBLEMS:
        kind = checks.Error if problem.level == "error" else checks.Warning
        yield kind(problem.message, hint=problem.cure, obj=problem.variable, id="cacherr.E001")


def _bad_overrides() -> Iterator[checks.CheckMessage]:
    for model in settings_models():
        for field in setting_fields(model):
            override = settings.CACHERR_OVERRIDES.get(field.name.upper())
            if override and (reason := override_error(field, override)):
                yield checks.Error(
                    f"{override.variable} cannot be used: {reason}",
                    hint=f"Correct {override.variable} or remove it to use the stored value.",
                    obj=override.variable,
                    id="cacherr.E002",
                )


def _unknown() -> Iterator[checks.CheckMessage]:
    fields = {field.name.upper() for model in settings_models() for field in setting_fields(model)}
    for name in sorted(settings.ENVIRONMENT_SETTINGS - fields - ENVIRONMENT_ONLY):
        if name.startswith("TEST_"):  # addresses of services for the project's own tests
            continue
        yield checks.Warning(
            f"CACHERR_{name} is not a setting of Cacherr.",
            hint="Look for a typing mistake; docs/configure.md lists all settings.",
            obj=f"CACHERR_{name}",
            id="cacherr.W001",
        )
