"""The sidecars of wanted videos, as the array shows them. Reads only: one scan for each directory of a wanted video."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from caching import disk, open_files
from caching.models import AssociatedFiles, CachedFile, CachePolicy, PathMapping
from caching.paths import beside
from caching.planning.sidecars import (
    belongings,
    is_subtitle_directory,
    is_video,
    joins,
    owners,
    ownerships,
    without_extension,
)
from caching.planning.values import FileKey, Sidecar, Skipped

Opener = Callable[[PathMapping], disk.RootDir]


@dataclass(slots=True)
class Found:
    """What was found beside wanted videos."""

    sidecars: dict[FileKey, Sidecar] = field(default_factory=dict)
    mappings: dict[FileKey, PathMapping] = field(default_factory=dict)
    plex_paths: dict[FileKey, str] = field(default_factory=dict)
    """Where Plex would look for them; bytes that are no text are escaped."""
    skipped: list[Skipped] = field(default_factory=list)


class Searcher:
    """Looks for sidecars. `opener` gives the opened array of a mapping."""

    def __init__(self, cached: Mapping[FileKey, CachedFile], policy: CachePolicy, opener: Opener) -> None:
        self._cached, self._policy, self._opener = cached, policy, opener
        self._setting = policy.associated_files
        self._known: dict[tuple[str, bytes], list[bytes]] = defaultdict(list)
        for key in cached:
            directory, name = _split(key.path)
            if is_video(name):
                self._known[key.cache, directory].append(name)
        self._found = Found()

    def search(self, wanted: Mapping[FileKey, PathMapping], plex_paths: Mapping[FileKey, str]) -> Found:
        """The sidecars of the wanted videos. A directory that cannot be listed becomes a note, never an exception."""
        if self._setting == AssociatedFiles.NONE:
            return self._found
        directories: dict[tuple[str, bytes], list[FileKey]] = defaultdict(list)
        for key in wanted:
            directories[key.cache, _split(key.path)[0]].append(key)
        for (_, directory), videos in directories.items():
            example = min(videos)
            self._search(directory, videos, wanted[example], plex_paths[example])
        return self._found

    def _search(self, directory: bytes, videos: list[FileKey], mapping: PathMapping, plex_path: str) -> None:
        cache = videos[0].cache
        known = {_split(video.path)[1] for video in videos} | set(self._known.get((cache, directory), ()))
        files, others = self._names(directory, known, mapping, plex_path)
        wanted = {owner for video in videos for owner in ownerships(video.path)}
        for path, belongs_to in belongings(directory, [*files, *others], known).items():
            if owners(belongs_to) in wanted:
                name = path[len(directory) + 1 :] if directory else path
                sidecar = Sidecar(FileKey(cache, path), self._size(cache, path, files.get(name)), belongs_to)
                self._add(sidecar, files.get(name), mapping, beside(plex_path, name))

    def _names(
        self, directory: bytes, known: Collection[bytes], mapping: PathMapping, plex_path: str
    ) -> tuple[dict[bytes, disk.Look], list[bytes]]:
        """Plain files with their looks, and other names: those of the directory and of its subtitle directories."""
        here = self._listing(mapping, directory, b"", plex_path)
        files, others = dict(here.files), list(here.others)
        stems = {without_extension(name) for name in (*files, *others, *known) if is_video(name) or name in known}
        for name in sorted(filter(is_subtitle_directory, here.directories)):
            below = self._listing(mapping, directory, name, plex_path)
            ways = [name + b"/" + deeper for deeper in below.directories if deeper in stems or len(stems) == 1]
            deeper = [(way, self._listing(mapping, directory, way, plex_path)) for way in sorted(ways)]
            for way, there in [(name, below), *deeper]:
                files |= {way + b"/" + file: look for file, look in there.files.items()}
                others += [way + b"/" + other for other in there.others]
        return files, others

    def _listing(self, mapping: PathMapping, directory: bytes, way: bytes, plex_path: str) -> disk.Listing:
        """What is in a directory, or on a way down from it; nothing, with a note, where it cannot be seen."""
        path = b"/".join(filter(None, (directory, way)))
        try:
            return disk.listing(self._opener(mapping), path)
        except FileNotFoundError:
            pass  # in mode `move` nothing may be left of it; a wanted video that is missing has its own note
        except (OSError, disk.RefusedPathError) as error:
            reason = str(disk.named(error)) if isinstance(error, OSError) else error.message
            self._note(beside(plex_path, way), f"cannot be listed for sidecars, which are left out: {reason}", True)
        return disk.Listing({})

    def _size(self, cache: str, path: bytes, look: disk.Look | None) -> int:
        row = self._cached.get(FileKey(cache, path))
        return row.size if row else look.size if look else 0

    def _add(self, sidecar: Sidecar, look: disk.Look | None, mapping: PathMapping, plex_path: str) -> None:
        """Take in a plain file that joins; a cached one may be a link of ours by now."""
        if sidecar.file not in self._cached:
            if look is None or not joins(_split(sidecar.file.path)[1], sidecar.size, self._setting):
                return
            stays = open_files.why_not(look, mapping, self._policy.settle_seconds)
            if stays:
                self._note(plex_path, *stays)
                return
        self._found.sidecars[sidecar.file] = sidecar
        self._found.mappings[sidecar.file] = mapping
        self._found.plex_paths[sidecar.file] = plex_path

    def _note(self, name: str, reason: str, problem: bool) -> None:
        self._found.skipped.append(Skipped(name, "", reason, problem))


def _split(path: bytes) -> tuple[bytes, bytes]:
    directory, _, name = path.rpartition(b"/")
    return directory, name
