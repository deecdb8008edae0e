"""The admin's page of rules: their order, and an editor that shows what a rule hits before it is saved."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from cacherr.errors import CacherrError
from caching.models import CachePolicy, Resolution, Rule, RuleAction, RuleKind
from caching.models.rule import words
from caching.rulebook import previewing
from caching.rulebook.telling import conditions, told
from plexusers.models import LibrarySection

STEP = 10
"""A new rule comes so much after the last one, which leaves room between them."""


def libraries() -> dict[str, str]:
    """The titles of libraries by key. One query."""
    return dict(LibrarySection.objects.values_list("key", "title"))


class Several(forms.MultipleChoiceField):
    """A condition that names several things, kept in one text."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def clean(self, value: Any) -> str:
        """As the row keeps it."""
        return ", ".join(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """As the boxes take it."""
        return words(value) if isinstance(value, str) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as lists."""
        return set(words(initial or "")) != set(data or ())


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule as a person enters it."""

    libraries = Several(required=False, help_text="None chosen: all of them.")
    resolutions = Several(required=False, choices=Resolution.choices, help_text="None chosen: all, and unknown ones.")

    class Meta:
        """Which fields there are is the page's matter."""

        model = Rule
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = libraries()
        gone = [key for key in words(self.instance.libraries) if key not in known]
        shown: Any = self.fields["libraries"]
        kind: Any = self.fields["kind"]
        kind.choices = [("", "films and episodes"), *RuleKind.choices]
        shown.choices = [*known.items(), *((key, f"number {key}, which is gone") for key in gone)]


@admin.register(Rule)
class RuleAdmin(ModelAdmin):  # type: ignore[misc]
    """The rules in their order."""

    form = RuleForm
    list_display = ("name", "action", "shown_conditions", "order", "enabled")
    list_editable = ("order", "enabled")
    search_fields = ("name",)
    list_before_template = "admin/caching/rules_above.html"
    change_form_after_template = "admin/caching/rule_preview_button.html"
    fieldsets = (
        (None, {"fields": ("name", "action", "order", "enabled")}),
        (
            "What it hits: all that is filled in must hold",
            {"fields": ("libraries", "kind", "title", "labels", "genres", "path")},
        ),
        ("Size and resolution", {"fields": (("larger_than", "smaller_than"), "resolutions")}),
        (
            "Age",
            {
                "fields": (
                    ("added_before_days", "added_within_days"),
                    ("released_before_days", "released_within_days"),
                )
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """The preview stands before the rows' own addresses."""
        view = self.admin_site.admin_view(require_POST(self.preview))
        return [path("preview/", view, name="caching_rule_preview"), *super().get_urls()]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new rule is the last one."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        last = Rule.objects.aggregate(last=Max("order"))["last"]
        return {"order": (last or 0) + STEP} | initial

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The rules, with what holds for all of them."""
        only = CachePolicy.effective().only_included
        includes = Rule.objects.filter(enabled=True, action=RuleAction.INCLUDE).exists()
        shown = {"only_included": only, "nothing_is_cached": only and not includes, "any": Rule.objects.exists()}
        answer: HttpResponse = super().changelist_view(request, {**shown, **(extra_context or {})})
        return answer

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the rule in the form hits; nothing is saved. With `fragment` without the page around it."""
        row = self.get_object(request, request.GET.get("of", ""))
        if not (self.has_change_permission(request, row) if row else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, row, change=row is not None)(request.POST, instance=row)
        context: dict[str, Any] = {"title": "Preview"}
        if _is_usable(form):
            try:
                context |= {"preview": told(previewing.preview(form.instance)), "rule": form.instance}
            except CacherrError as error:
                context["problem"] = str(error)
        else:
            context["errors"] = [(_label(form, name), said) for name, said in form.errors.items()]
        name = "rule_hits.html" if "fragment" in request.GET else "rule_preview.html"
        shown = self.admin_site.each_context(request) | context
        return TemplateResponse(request, f"admin/caching/{name}", shown)

    @admin.display(description="hits")
    def shown_conditions(self, row: Rule) -> str:
        """The conditions on one line."""
        return conditions(row, libraries())


def _is_usable(form: RuleForm) -> bool:
    """A preview needs no name."""
    return form.is_valid() or set(form.errors) <= {"name"}


def _label(form: RuleForm, name: str) -> str:
    field = form.fields.get(name)
    return str(field.label or name).capitalize() if field else "Rule"
