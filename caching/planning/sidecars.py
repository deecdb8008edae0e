"""Which files of a directory belong to which videos: pure rules over names.

Names are bytes and compared as they are, because `Film.mkv` and `film.mkv` may be two files; only extensions, the words
of artwork and `Subs` are read in any case.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

OTHER_SIZE_LIMIT = 50 * 1024**2
"""A file of no known kind, in bytes: above this it does not join its video."""

VIDEOS = frozenset(
    b"3gp asf avi bdmv divx dvr-ms evo f4v flv iso img m1v m2t m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg mts ogm ogv"
    b" rec rm rmvb strm tp trp ts vob webm wmv wtv xvid".split()
)
SUBTITLES = frozenset(b"ass idx smi srt ssa sub sup vtt".split())
ARTWORK = frozenset(b"gif jpeg jpg png tbn webp".split())
UNFINISHED = (b".!qb", b".!ut", b".aria2", b".crdownload", b".download", b".part", b".partial", b".tmp", b"~")
PARKED = b".plexcached"
"""What PlexCache-D's parked originals end with: they are no files of their own."""
SUBTITLE_DIRECTORIES = frozenset({b"sub", b"subs", b"subtitles"})

ART_WORDS = (
    b"art|background|backdrop|banner|characterart|clearart|clearlogo|cover|disc|discart|fanart|folder|keyart"
    b"|landscape|logo|movie|poster|show|thumb"
)
OF_VIDEO = re.compile(rb"(?:%s)\d*" % ART_WORDS, re.IGNORECASE)
OF_DIRECTORY = re.compile(rb"(?:%s)(?:-?\d+)?|season(?:-?\d+|-specials|-all)(?:-[a-z]+)?" % ART_WORDS, re.IGNORECASE)
INFO_OF_DIRECTORY = frozenset({b"movie", b"season", b"tvshow"})


class Kind(StrEnum):
    """What a sidecar is."""

    SUBTITLE = "subtitle"
    ARTWORK = "artwork"
    INFO = "info"
    THEME = "theme"
    OTHER = "other"


KINDS = {
    **dict.fromkeys(SUBTITLES, Kind.SUBTITLE), **dict.fromkeys(ARTWORK, Kind.ARTWORK),
    b"nfo": Kind.INFO, b"mp3": Kind.THEME,
}  # fmt: skip
"""By extension."""


def kind_of(name: bytes) -> Kind | None:
    """What kind of sidecar a file of this name could be; None when it never is one: a video, hidden, unfinished."""
    if name.startswith((b".", b"~")):
        return None
    extension = _extension(name)
    if (kind := KINDS.get(extension)) is not None:
        return kind
    return None if name.lower().endswith((*UNFINISHED, PARKED)) or extension in VIDEOS else Kind.OTHER


def joins(name: bytes, size: int, setting: str) -> bool:
    """Whether a sidecar joins its video by the setting `associated_files`: all, subtitles or none. `size` in bytes."""
    kind = kind_of(name)
    if kind is None or (kind is Kind.OTHER and size > OTHER_SIZE_LIMIT):
        return False
    return setting == "all" or (setting == "subtitles" and kind is Kind.SUBTITLE)


def is_video(name: bytes) -> bool:
    """Whether a name is that of a video that is not hidden."""
    return not name.startswith(b".") and _extension(name) in VIDEOS


def is_subtitle_directory(name: bytes) -> bool:
    """Whether a directory of this name holds the subtitles of the videos beside it."""
    return name.lower() in SUBTITLE_DIRECTORIES


def without_extension(path: bytes) -> bytes:
    """A path up to its name's last dot: what a video has in common with its sidecars."""
    stem, _, extension = path.rpartition(b".")
    return path if not stem or b"/" in extension or stem.endswith(b"/") else stem


def owners(belongs_to: bytes) -> bytes:
    """What `belongs_to` of a sidecar stands for, to be compared with the `ownerships` of a video."""
    return belongs_to if belongs_to.endswith(b"/") else without_extension(belongs_to)


def ownerships(video: bytes) -> tuple[bytes, bytes]:
    """What the sidecars of a video at this path may belong to: its stem and its directory."""
    directory, slash, name = video.rpartition(b"/")
    above = directory + slash
    return above + (name.rpartition(b".")[0] or name), above


def belongings(directory: bytes, names: Collection[bytes], known: Iterable[bytes] = ()) -> dict[bytes, bytes]:
    """Which of a directory's names belong to what: from the path of each sidecar to its `belongs_to`.

    `names` are those of the directory, and those in its subtitle directories with their way (`Subs/Film.srt`);
    `known` are names that are known to be videos whatever they look like. `directory` is a path without a slash at its
    end; b"" is the root, which is nobody's own directory.
    """
    stems: dict[bytes, bytes] = {}
    for name in sorted({*known, *(name for name in names if b"/" not in name and is_video(name))}):
        stems.setdefault(without_extension(name), name)
    prefix = directory + b"/" if directory else b""
    found: dict[bytes, bytes] = {}
    videos = frozenset(known)
    for name in names:
        *way, own = name.split(b"/")
        if name in videos or kind_of(own) is None:
            continue
        video = _below(way, own, stems) if way else _beside(own, stems)
        if video is not None:
            found[prefix + name] = prefix + video
        elif stems and prefix and not way and _is_of_directory(own):
            found[prefix + name] = prefix
    return found


def _beside(name: bytes, stems: dict[bytes, bytes]) -> bytes | None:
    """The video with the longest stem that the name goes on from."""
    return next((stems[stem] for stem in _beginnings(name) if stem in stems), None)


def _beginnings(name: bytes) -> Iterator[bytes]:
    """What a video's stem could be for a file of this name, the longest first."""
    stem, _, extension = name.rpartition(b".")
    film, dash, word = stem.rpartition(b"-")
    art = dash and extension.lower() in ARTWORK and OF_VIDEO.fullmatch(word)
    while stem:
        if art and len(stem) < len(film):
            yield film
            art = False
        yield stem
        stem = stem.rpartition(b".")[0]
    if art:
        yield film


def _below(way: list[bytes], name: bytes, stems: dict[bytes, bytes]) -> bytes | None:
    """The video of a file in a subtitle directory: by stem, by a directory named like it, or the only one there is."""
    if not is_subtitle_directory(way[0]) or kind_of(name) is not Kind.SUBTITLE or len(way) > 2:
        return None
    own = stems.get(way[1]) if len(way) == 2 else _beside(name, stems)
    return own or (next(iter(stems.values())) if len(stems) == 1 else None)


def _is_of_directory(name: bytes) -> bool:
    stem, _, extension = name.lower().rpartition(b".")
    if extension in ARTWORK:
        return OF_DIRECTORY.fullmatch(stem) is not None
    return (extension == b"nfo" and stem in INFO_OF_DIRECTORY) or (extension == b"mp3" and stem == b"theme")


def _extension(name: bytes) -> bytes:
    return name.rpartition(b".")[2].lower() if b"." in name else b""
