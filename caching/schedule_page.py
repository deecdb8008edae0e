"""The page of schedules: its forms, and its words."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from cacherr import backups
from cacherr.errors import CacherrError
from cacherr.read_only_admin import ReadOnlyAdmin
from caching import scheduling
from caching.planning.sizes import readable
from caching.scheduling import Cron, Every, Period, Scheduled, Timing

Data = dict[str, Any]

INTERVAL, CRON = "interval", "cron"


class TimingForm(forms.Form):
    """When something is done."""

    enabled = forms.BooleanField(required=False)
    how = forms.ChoiceField(choices=[(INTERVAL, "an interval"), (CRON, "times")])
    every = forms.IntegerField(required=False, min_value=1, max_value=31_622_400)
    period = forms.ChoiceField(required=False, choices=[(period.value, period.value) for period in Period])
    cron = forms.CharField(required=False, max_length=100)

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        """`name` is the schedule's."""
        self.shortest = scheduling.JOBS[name].shortest
        super().__init__(*args, **kwargs)

    def clean(self) -> Data:
        """With the `timing` that was chosen."""
        cleaned: Data = super().clean() or {}
        how = cleaned.get("how")
        if how is None or self.errors:
            return cleaned
        try:
            cleaned["timing"] = timing = self._timing(how, cleaned)
            timing.check(self.shortest)
        except CacherrError as error:
            self.add_error("cron" if how == CRON else "every", str(error))
        return cleaned

    def _timing(self, how: str, cleaned: Data) -> Timing:
        if how == CRON:
            return Cron.read(cleaned.get("cron") or "", settings.TIME_ZONE)
        return Every(cleaned.get("every") or 0, Period(cleaned.get("period") or Period.MINUTES))


def urls(of: ReadOnlyAdmin) -> list[URLPattern]:
    """The page's addresses, for the admin page whose permissions hold for it."""
    view = of.admin_site.admin_view

    def shown(request: HttpRequest) -> HttpResponse:
        if not of.has_view_permission(request):
            raise PermissionDenied
        return _page(request, of)

    def changed(request: HttpRequest, name: str) -> HttpResponse:
        _require(request, of, name in scheduling.JOBS)
        return _change(request, of, name)

    def run(request: HttpRequest, name: str) -> HttpResponse:
        _require(request, of, name in {*scheduling.JOBS, scheduling.SESSIONS})
        return _run(request, name)

    return [
        path("schedules/", view(shown), name="caching_schedules"),
        path("schedules/<slug:name>/", view(require_POST(changed)), name="caching_schedule_change"),
        path("schedules/<slug:name>/run/", view(require_POST(run)), name="caching_schedule_run"),
    ]


def _require(request: HttpRequest, of: ReadOnlyAdmin, known: bool) -> None:
    if not of.has_order_permission(request):
        raise PermissionDenied
    if not known:
        raise Http404


def _page(request: HttpRequest, of: ReadOnlyAdmin, wrong: tuple[str, TimingForm] | None = None) -> HttpResponse:
    """The page; `wrong` is a form that was not accepted, with the schedule's name."""
    context = {
        **of.admin_site.each_context(request),
        "title": "Schedules",
        "may_change": of.has_order_permission(request),
        "time_zone": settings.TIME_ZONE,
        "schedules": [_row(one, wrong) for one in scheduling.everything()],
        "backups": [(made.path, readable(made.size)) for made in backups.everything()[:1]],
        "backups_possible": backups.is_possible(),
        "kinds": [(period.value, period.value) for period in Period],
    }
    status = 422 if wrong else 200
    return TemplateResponse(request, "admin/caching/schedules.html", context, status=status)


def _row(one: Scheduled, wrong: tuple[str, TimingForm] | None) -> Data:
    """A schedule with its form."""
    if wrong and wrong[0] == one.name:
        form: TimingForm | None = wrong[1]
    else:
        form = TimingForm(one.name, initial=_initial(one)) if one.changeable else None
    return {"one": one, "form": form, "is_wrong": bool(form and form.is_bound)}


def _initial(one: Scheduled) -> Data:
    timing = one.timing
    every = timing if isinstance(timing, Every) else Every(1, Period.HOURS)
    return {
        "enabled": one.enabled,
        "how": CRON if isinstance(timing, Cron) else INTERVAL,
        "every": every.every,
        "period": every.period.value,
        "cron": timing.line if isinstance(timing, Cron) else "0 4 * * *",
    }


def _change(request: HttpRequest, of: ReadOnlyAdmin, name: str) -> HttpResponse:
    form = TimingForm(name, request.POST)
    if not form.is_valid():
        return _page(request, of, (name, form))
    wanted = scheduling.Change(form.cleaned_data["enabled"], form.cleaned_data["timing"])
    (now,) = scheduling.change({name: wanted})
    messages.success(request, f"{now.title}: {now.words}.")
    return redirect("admin:caching_schedules")


def _run(request: HttpRequest, name: str) -> HttpResponse:
    try:
        messages.success(request, scheduling.run_now(name, "admin"))
    except CacherrError as error:
        messages.error(request, str(error))
    return redirect("admin:caching_schedules")
