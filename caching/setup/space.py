"""How much of the cache may be filled."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from cacherr.errors import CacherrError
from cacherr.overrides import overrides_of
from caching import beginning, disk
from caching import mappings as path_mappings
from caching.models import CachePolicy
from caching.planning.sizes import readable
from caching.setup.frame import after, for_owner, page


class SpaceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What of the caching settings is about space; what the environment sets can be read only."""

    class Meta:
        model = CachePolicy
        fields = ("cache_limit", "min_free_space")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field, override in overrides_of(CachePolicy):
            if field.name in self.fields:
                self.fields[field.name].disabled = True
                self.fields[field.name].help_text = f"Set by {override.variable}: {override.raw}."


@for_owner
def space(request: HttpRequest) -> HttpResponse:
    """The two settings that decide it, beside how much room there is."""
    form = SpaceForm(request.POST or None, instance=CachePolicy.stored())
    if request.method == "POST" and form.is_valid():
        form.save()
        beginning.note(space_at=timezone.now(), preview=None, preview_at=None)
        return after("space")
    return page(request, "space", form=form, caches=_caches(), status=422 if form.errors else 200)


def _caches() -> list[dict[str, str]]:
    found = []
    for mapping in path_mappings.in_force():
        try:
            with disk.open_root(mapping.cache_root, mapping.cache_id if mapping.is_proved else None) as root:
                room = disk.space(root)
        except CacherrError as error:
            found.append({"path": mapping.cache_root, "text": str(error)})
        else:
            text = f"{readable(room.free)} of {readable(room.total)} are free"
            found.append({"path": mapping.cache_root, "text": text})
    return found
