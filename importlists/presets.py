"""Lists to pick from: every chart of every provider, for each kind of media, with settings that make sense."""

from dataclasses import dataclass
from typing import Any

from importlists.contract import Chart, Media, Needs, Provider
from importlists.providers import PROVIDERS


@dataclass(frozen=True, slots=True)
class Preset:
    """A list that only has to be confirmed, or of which one thing has to be entered."""

    name: str
    """`trakt.trending.movies`."""
    title: str
    group: str
    provider: str
    chart: str
    media: Media
    needs: Needs
    hint: str
    refresh_minutes: int

    def values(self) -> dict[str, Any]:
        """The fields of a new list."""
        return {
            "name": self.title, "provider": self.provider, "chart": self.chart, "media": self.media.value,
            "refresh_minutes": self.refresh_minutes,
        }  # fmt: skip


def _preset(provider: Provider, chart: Chart, media: Media) -> Preset:
    kind = f" {media}" if media != Media.BOTH else ""
    title = f"{provider.name_of(chart)}{kind if len(chart.media) > 1 else ''}"
    return Preset(
        f"{provider.name}.{chart.name}.{media}", title, provider.title, provider.name, chart.name, media, chart.needs,
        chart.hint, provider.minutes,
    )  # fmt: skip


def _media(chart: Chart) -> tuple[Media, ...]:
    """A chart is offered for each kind; a list of one's own choice once, for all that it can hold."""
    if chart.needs == Needs.NOTHING:
        return tuple(media for media in chart.media if media != Media.BOTH) or chart.media
    return (Media.BOTH,) if Media.BOTH in chart.media else chart.media[:1]


PRESETS: tuple[Preset, ...] = tuple(
    _preset(provider, chart, media) for provider in PROVIDERS for chart in provider.charts for media in _media(chart)
)
BY_NAME = {preset.name: preset for preset in PRESETS}
