"""Audits that were run: what they found, so that the latest is known without waking a disk."""

from django.db import models
from django.db.models import F, Q


class Audit(models.Model):
    """One audit. Order by `id`; times are UTC."""

    trigger = models.CharField(max_length=20, help_text="Who asked for it.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    files = models.PositiveIntegerField(default=0, help_text="How many cached files were compared.")
    verified = models.PositiveIntegerField(default=0, help_text="How many of them were read and compared.")
    errors = models.PositiveIntegerField(default=0)
    warnings = models.PositiveIntegerField(default=0)
    notes = models.PositiveIntegerField(default=0, help_text="Findings that are no fault.")
    repaired = models.PositiveIntegerField(default=0, help_text="How many findings were repaired, or a repair ordered.")
    findings = models.JSONField(default=list, help_text="The findings, the worst first; at most some hundred.")

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(finished_at__gte=F("started_at")), name="an_audit_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(repaired__lte=F("errors") + F("warnings") + F("notes")), name="what_is_repaired_was_found"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Audit {self.pk}"

    @property
    def found(self) -> int:
        """How many findings there were."""
        return self.errors + self.warnings + self.notes

    @property
    def left(self) -> int:
        """How many are left for somebody to look at; a note needs nobody."""
        return max(0, self.errors + self.warnings - self.repaired)

    @property
    def not_kept(self) -> int:
        """How many findings are counted only."""
        return max(0, self.found - len(self.findings))
