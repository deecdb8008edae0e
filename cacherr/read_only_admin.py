"""The admin page of rows that Cacherr writes and people read."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BinaryField
from django.http import HttpRequest
from unfold.admin import ModelAdmin


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that Cacherr writes and people read."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Bytes cannot be asked for in an address: such a one is refused like others that name no filter."""
        try:
            field = self.opts.get_field(lookup.split("__", maxsplit=1)[0])
        except FieldDoesNotExist:
            field = None
        return not isinstance(field, BinaryField) and bool(super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's own signature
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """A journal that can be edited is none."""
        return False

    def has_order_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may order something to be done, who may change nothing by hand."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
