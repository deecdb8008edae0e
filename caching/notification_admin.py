"""The admin's page of notification targets, with a test."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from cacherr.settings_admin import SecretsAdmin, keep_secrets
from caching.models import NoticeEvent, NotificationTarget
from caching.notifying import sending, targets, unraid


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A target as a person enters it; an address that is left empty stays."""

    class Meta:
        """Which fields there are is the page's matter."""

        model = NotificationTarget
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("url")
        if field is None:
            return
        if self.instance.pk is None:
            field.widget.attrs["placeholder"] = ""  # nothing is stored that could be kept
        if unraid.is_there():
            field.help_text += " Here also unraid://, for Unraid's own notifications."

    def clean_url(self) -> str:
        """What is stored, when nothing is entered."""
        given = str(self.cleaned_data.get("url") or "").strip()
        if not given and not self.instance.pk:
            raise ValidationError("Enter an address: where shall notifications go?")
        return given

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        keep_secrets(self.instance)
        if not self.errors:
            try:
                targets.check(self.instance)
            except ValidationError as error:
                for name, said in error.message_dict.items():
                    self.add_error(name, said)

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded if self.cleaned_data.get("url") else excluded | {"url"}


@admin.register(NotificationTarget)
class NotificationTargetAdmin(SecretsAdmin):
    """Where notifications go."""

    form = TargetForm
    list_display = ("name", "service", "enabled", "shown_events", "timing", "shown_last", "shown_waiting")
    list_filter = ("enabled", "timing")
    search_fields = ("name", "service")
    list_before_template = "admin/caching/notifications_above.html"
    change_form_after_template = "admin/caching/notification_buttons.html"
    actions = ("send_test",)
    readonly_fields = ("service", "shown_address", "shown_last", "last_error", "rests_until", "shown_waiting")
    fieldsets = (
        (None, {"fields": ("name", "enabled", "url", "shown_address")}),
        ("What is told", {"fields": tuple(f"on_{event}" for event in NoticeEvent.values)}),
        ("When", {"fields": ("timing", "digest_hour")}),
        ("How it went", {"fields": ("service", "shown_last", "last_error", "rests_until", "shown_waiting")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: NotificationTarget | None = None) -> Any:
        """A new one has no stored address, and nothing went yet."""
        shown = super().get_fieldsets(request, obj)
        return shown if obj else [(None, {"fields": ("name", "enabled", "url")}), *shown[1:-1]]

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationTarget]:
        """With how much waits."""
        rows: QuerySet[NotificationTarget] = super().get_queryset(request).annotate(waiting=Count("notices"))
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The targets, or how to begin."""
        context = {"any_target": NotificationTarget.objects.exists(), "unraid": unraid.is_there()}
        answer: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return answer

    def response_add(
        self, request: HttpRequest, obj: NotificationTarget, post_url_continue: Any = None
    ) -> HttpResponse:
        """After saving, the test when that was asked for."""
        return self._tested(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: NotificationTarget) -> HttpResponse:
        """After saving, the test when that was asked for."""
        return self._tested(request, obj) or super().response_change(request, obj)

    def _tested(self, request: HttpRequest, row: NotificationTarget) -> HttpResponse | None:
        if "_test" not in request.POST:
            return None
        _test(request, row)
        return redirect(reverse("admin:caching_notificationtarget_change", args=[row.pk]))

    @admin.action(description="Send a test", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[NotificationTarget]) -> None:
        """Send a test to the chosen targets and say how it went."""
        for row in queryset:
            _test(request, row)

    @admin.display(description="told of")
    def shown_events(self, row: NotificationTarget) -> str:
        """What it is told of."""
        names = [str(NoticeEvent(event).label) for event in row.events]
        if len(names) == len(NoticeEvent):
            return "everything"
        return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")

    @admin.display(description="stored address")
    def shown_address(self, row: NotificationTarget) -> str:
        """The address without what is secret."""
        return row.masked

    @admin.display(description="last message", ordering="last_at")
    def shown_last(self, row: NotificationTarget) -> str:
        """When something was last sent, and whether it arrived."""
        if row.last_at is None:
            return "none yet"
        recent = timezone.now() - row.last_at < timedelta(minutes=1)
        ago = "just now" if recent else f"{timesince(row.last_at)} ago"
        return f"failed {ago}" if row.last_error else f"arrived {ago}"

    @admin.display(description="waiting")
    def shown_waiting(self, row: NotificationTarget) -> str:
        """How much waits to be told."""
        count = getattr(row, "waiting", 0)
        return str(count) if count else "nothing"


def _test(request: HttpRequest, row: NotificationTarget) -> None:
    error = sending.test_target(row)
    if error:
        messages.error(request, f"{row}: the test did not arrive. {error}")
    else:
        messages.success(request, f"{row}: the test was taken by {row.service}.")
