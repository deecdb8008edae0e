"""Other apps' rows in the admin's own style. Beat's rows are shown as schedules, on a page of their own."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

for model in (User, Group, ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)

ACCESS = "Whoever is staff may use Cacherr's API and see its dashboard; whoever is a superuser may change everything."


@admin.register(User)
class AccountAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]
    """Who may sign in to Cacherr."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()
    list_filter = ("is_active", "is_superuser")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Who that is", {"fields": ("first_name", "last_name", "email")}),
        ("What is allowed", {"fields": ("is_active", "is_staff", "is_superuser"), "description": ACCESS}),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
