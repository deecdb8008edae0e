"""The XML elements that describe items, with the watch state of the account that asks."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from plexusers.standin.household import Household
from plexusers.standin.records import Account, Episode, Item, Movie, PartFile, Playable, Season, Show, Version
from plexusers.standin.tagging import TOLD

FRAMES = {"4k": (3840, 2160), "1080": (1920, 1080), "720": (1280, 720), "480": (720, 480)}
"""Width and height in pixels by resolution."""

OPTIMIZED = 42
"""Plex's number for a version it made itself."""

Attribute = str | int | None


@dataclass(frozen=True)
class Detail:
    """How much to tell of each item."""

    guids: bool = False
    streams: bool = False
    check_files: bool = False
    on_deck: bool = False


def fill(element: Element, **attributes: Attribute) -> Element:
    """Sets attributes; what is None is left out, as the server does."""
    for name, value in attributes.items():
        if value is not None:
            element.set(name, str(value))
    return element


@dataclass(frozen=True)
class Describer:
    """Describes items of one household to one account."""

    household: Household
    account: Account
    detail: Detail = Detail()

    def item(self, item: Item) -> Element:
        """The element for any item: a Video for what can be played, else a Directory."""
        if isinstance(item, Movie):
            return self.movie(item)
        if isinstance(item, Episode):
            return self.episode(item)
        return self.show(item) if isinstance(item, Show) else self.season(item)

    def movie(self, item: Movie) -> Element:
        """A film with its versions."""
        video = self._element("Video", item, "movie")
        fill(video, year=item.year, editionTitle=item.edition, originallyAvailableAt=item.originally_available_at)
        self._genres(video, item)
        return self._playable(video, item)

    def episode(self, item: Episode) -> Element:
        """An episode; what is unknown (its number, its season) is absent."""
        video = self._element("Video", item, "episode")
        show = self.household.items[item.show]
        fill(video, grandparentRatingKey=show.key, grandparentKey=f"/library/metadata/{show.key}")
        fill(video, grandparentTitle=show.title, grandparentGuid=show.guid)
        if item.season:
            season = self.household.items[item.season]
            fill(video, parentRatingKey=season.key, parentKey=f"/library/metadata/{season.key}")
            fill(video, parentTitle=season.title, parentGuid=season.guid)
        fill(video, index=item.index, parentIndex=item.season_index)
        date = item.originally_available_at
        fill(video, originallyAvailableAt=date, year=date[:4] if date else None)
        return self._playable(video, item)

    def show(self, item: Show) -> Element:
        """A show with the counts of its episodes and, when wanted, the one to go on with."""
        directory = self._element("Directory", item, "show", below="/children")
        fill(directory, year=item.year, originallyAvailableAt=item.originally_available_at, index=1)
        seasons = [child for child in self.household.children(item) if isinstance(child, Season)]
        self._counts(directory, item, len(seasons))
        self._guids(directory, item.guids)
        self._genres(directory, item)
        if self.detail.on_deck:
            deck, following = SubElement(directory, "OnDeck"), self.household.next_episode(self.account, item)
            if following:
                deck.append(self.episode(following))
        return directory

    def season(self, item: Season) -> Element:
        """A season with the counts of its episodes."""
        directory = self._element("Directory", item, "season", below="/children")
        show = self.household.items[item.show]
        fill(directory, parentRatingKey=show.key, parentKey=f"/library/metadata/{show.key}", parentGuid=show.guid)
        fill(directory, parentTitle=show.title, index=item.index)
        self._counts(directory, item, None)
        return directory

    def media(self, version: Version, duration: int, *, selected: bool = False, transcoded: bool = False) -> Element:
        """A version with its files; a transcoded one does not tell which files they are."""
        width, height = FRAMES.get(version.resolution, (640, 360))
        media = fill(Element("Media"), id=version.id, duration=duration, bitrate=8000, width=width, height=height)
        fill(media, aspectRatio="1.78", audioChannels=6, audioCodec="ac3", videoCodec="h264", videoFrameRate="24p")
        fill(media, videoResolution=version.resolution, container=version.parts[0].container if version.parts else None)
        fill(media, proxyType=OPTIMIZED if version.optimized else None, selected=1 if selected else None)
        for part in version.parts:
            media.append(self._part(part, duration, selected=selected, transcoded=transcoded))
        return media

    def _part(self, part: PartFile, duration: int, *, selected: bool, transcoded: bool) -> Element:
        element = fill(Element("Part"), id=part.id, duration=duration, container=part.container)
        if not transcoded:
            fill(element, key=f"/library/parts/{part.id}/{part.modified_at}/file.{part.container}")
            fill(element, file=part.path, size=part.size)
        if selected:
            fill(element, decision="transcode" if transcoded else "directplay", selected=1)
        if self.detail.check_files:
            there = int(self.household.file_exists(part.path))
            fill(element, accessible=there, exists=there)
        if self.detail.streams:
            self._streams(element, part)
        return element

    def _streams(self, element: Element, part: PartFile) -> None:
        base = part.id * 100
        fill(SubElement(element, "Stream"), id=base, streamType=1, default=1, codec="h264", index=0)
        fill(SubElement(element, "Stream"), id=base + 1, streamType=2, selected=1, codec="ac3", index=1, channels=6)
        for number, language in enumerate(part.subtitles, base + 2):
            key = f"/library/streams/{number}"  # a file beside the video has this key instead of an index, and no name
            fill(SubElement(element, "Stream"), id=number, streamType=3, codec="srt", key=key, languageTag=language)

    def _element(self, tag: str, item: Item, kind: str, below: str = "") -> Element:
        section = self.household.sections[item.section]
        element = fill(Element(tag), ratingKey=item.key, key=f"/library/metadata/{item.key}{below}", guid=item.guid)
        fill(element, librarySectionTitle=section.title, librarySectionID=section.key)
        fill(element, librarySectionKey=f"/library/sections/{section.key}", type=kind, title=item.title)
        return fill(element, addedAt=item.added_at, updatedAt=item.updated_at)

    def _playable(self, video: Element, item: Playable) -> Element:
        state = self.household.state(self.account, item)
        fill(video, duration=item.duration, viewOffset=state.view_offset or None)
        fill(video, viewCount=state.view_count or None, lastViewedAt=state.last_viewed_at)
        video.extend([self.media(version, item.duration) for version in item.versions])
        self._guids(video, item.guids)
        return video

    def _guids(self, element: Element, guids: tuple[str, ...]) -> None:
        if self.detail.guids:
            element.extend([fill(Element("Guid"), id=guid) for guid in guids])

    def _genres(self, element: Element, item: Movie | Show) -> None:
        element.extend([fill(Element("Genre"), tag=genre) for genre in item.genres[:TOLD]])

    def _counts(self, directory: Element, item: Show | Season, seasons: int | None) -> None:
        states = [self.household.state(self.account, episode) for episode in self.household.episodes(item)]
        viewed = [state for state in states if state.view_count]
        fill(directory, leafCount=len(states), viewedLeafCount=len(viewed), childCount=seasons)
        latest = max((state.last_viewed_at or 0 for state in states), default=0)
        fill(directory, lastViewedAt=latest or None, viewCount=len(viewed) or None)
