"""The cells of the table of cached files."""

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from caching.cached import words
from caching.models import CachedFile
from plexusers import posters


def title(row: CachedFile, poster: str) -> str:
    """Poster, title and the file's own name."""
    name = row.file_name if row.title else ""
    chip = mark_safe(' <span class="file-chip" data-level="bad">Conflict</span>') if row.conflict else ""
    return format_html(
        '<span class="file">{}<span class="file-text"><span class="file-title">{}</span>{}'
        '<span class="file-name">{}</span></span></span>',
        posters.tile(poster, "movie"), row, chip, name,
    )  # fmt: skip


def wishes(row: CachedFile) -> str:
    """Who wants it, and by what."""
    chips = format_html_join(" ", '<span class="file-chip">{}</span>', ((name,) for name in words.sources(row)))
    return format_html(
        '<span class="file-who"><span>{}</span><span class="file-chips">{}</span></span>', row.who or "nobody", chips
    )


def score(row: CachedFile) -> str:
    """The score; its parts are seen when it is pointed at or has the focus, and on a telephone always."""
    lines = format_html_join("", "<span><span>{}</span> <span>{}</span></span>", words.parts(row))
    if not lines:
        return str(row.score) if row.score else "none"
    mark = f"score-{row.pk}"
    return format_html(
        '<span class="score" tabindex="0" aria-describedby="{}">{}<span class="score-parts" role="tooltip" id="{}">{}'
        "</span></span>",
        mark, row.score, mark, lines,
    )  # fmt: skip


def leaves(row: CachedFile) -> str:
    """When it leaves, and why then."""
    told = words.leaving(row, timezone.now())
    why = format_html('<span class="file-why">{}</span>', told.why) if told.why else ""
    return format_html('<span class="file-leaves"><span>{}</span>{}</span>', told.when, why)
