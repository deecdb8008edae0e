"""The form of a list: one choice for provider and chart, a file to upload, checked against the provider."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from cacherr.settings_admin import keep_secrets
from importlists.changing import check
from importlists.models import ImportList
from importlists.models.import_list import MAX_FILE_CHARACTERS
from importlists.providers import PROVIDERS


def sources() -> list[tuple[str, list[tuple[str, str]]]]:
    """All charts, by provider, with what has to be entered."""
    return [
        (
            provider.title,
            [
                (
                    f"{provider.name}.{chart.name}",
                    f"{provider.name_of(chart)}{f' ({chart.hint})' if chart.hint else ''}",
                )
                for chart in provider.charts
            ],
        )
        for provider in PROVIDERS
    ]


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list as a person enters it."""

    source = forms.ChoiceField(choices=sources, widget=UnfoldAdminSelectWidget)
    upload = forms.FileField(
        label="File", required=False, widget=UnfoldAdminFileFieldWidget,
        help_text="A CSV file exported from IMDb. Leave empty to keep what is stored.",
    )  # fmt: skip

    class Meta:
        """Which fields there are is the page's matter."""

        model = ImportList
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.provider:
            self.initial.setdefault("source", f"{self.instance.provider}.{self.instance.chart}")

    def clean_upload(self) -> str:
        """The file's text. IMDb's older exports are not UTF-8."""
        given = self.cleaned_data.get("upload")
        if not given:
            return ""
        if given.size > MAX_FILE_CHARACTERS:
            raise ValidationError("The file is too large to be a list.")
        body: bytes = given.read()
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = body.decode("latin-1")
        return text.replace("\0", "")

    def _post_clean(self) -> None:
        provider, _, chart = str(self.cleaned_data.get("source") or "").partition(".")
        self.instance.provider, self.instance.chart = provider, chart
        self.instance.file = self.cleaned_data.get("upload") or self.instance.file
        super()._post_clean()  # type: ignore[misc]
        keep_secrets(self.instance)
        if not self.errors:
            try:
                check(self.instance)
            except ValidationError as error:
                places = {"chart": "source", "file": "upload"}
                for name, said in error.message_dict.items():
                    self.add_error(places.get(name, name), said)
