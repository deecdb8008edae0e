"""The mutants: what each breaks, and who must notice."""

from tests.crash.mutants import Mutant, Patch

CACHE = ("--combination", "symlink/copy", "--kind", "cache")
MOVE = ("--combination", "union/move", "--kind", "cache")
KILL, RACES, ERRORS, VIEWER = (
    ("kill", *CACHE),
    ("races", *CACHE),
    ("errors", *CACHE),
    ("viewer", *CACHE, "--opens", "100000", "--trips", "40"),
)
POWER = ("power", *MOVE, "--file-system", "ext4", "--every", "3")

DISK = "caching/disk/"
NO_FSYNC = (
    Patch(DISK + "copying.py", "                os.fsync(writer)\n", ""),
    Patch(DISK + "verifying.py", "        os.fdatasync(descriptor)\n", "        pass\n"),
    Patch(DISK + "calls.py", "    if _libc.sync_file_range(descriptor, *arguments) != 0:", "    if not arguments:"),
    Patch(DISK + "records.py", "            os.fdatasync(fd)\n", "            pass\n"),
    Patch(DISK + "settling.py", "        os.fsync(fd)\n", ""),
    Patch(DISK + "places.py", "        os.fsync(at.directory)\n", "        pass\n"),
    Patch(DISK + "directories.py", "            os.fsync(at.directory)\n        made.append", "        made.append"),
    Patch(DISK + "directories.py", "        os.fsync(fd)\n", ""),
)

THREE_RENAMES = """    one_side, aside = one.directory, one.name + b".aside"
    calls.renameat2(one_side, one.name, one_side, aside, calls.RENAME_NOREPLACE)
    calls.renameat2(other.directory, other.name, one_side, one.name, calls.RENAME_NOREPLACE)
    calls.renameat2(one_side, aside, other.directory, other.name, calls.RENAME_NOREPLACE)
"""

VERIFIED = """    journal.advance(
        operation,
        State.VERIFIED,
"""

MUTANTS = (
    Mutant("none: the product as it is", (), (), (KILL, RACES, ERRORS, VIEWER, POWER)),
    Mutant("no fsync at all", NO_FSYNC, (POWER,), (KILL,)),
    Mutant(
        "three renames instead of one exchange",
        (
            Patch(
                DISK + "places.py",
                "    calls.renameat2(one.directory, one.name, other.directory, other.name, calls.RENAME_EXCHANGE)\n",
                THREE_RENAMES,
            ),
        ),
        (KILL, VIEWER),
    ),
    Mutant(
        "a rename that replaces what is there",
        (
            Patch(
                DISK + "places.py",
                "    calls.renameat2(old.directory, old.name, new.directory, new.name, calls.RENAME_NOREPLACE)\n",
                "    calls.renameat2(old.directory, old.name, new.directory, new.name, 0)\n",
            ),
        ),
        (RACES,),
        (KILL,),
    ),
    Mutant(
        "published before it is journaled",
        (
            Patch(
                "caching/caching_steps.py",
                VERIFIED,
                "    disk.rename_new(bench.temporary, bench.copy)\n" + VERIFIED,
            ),
        ),
        (KILL,),
    ),
    Mutant(
        "what was taken is not looked at",
        (
            Patch(
                "caching/caching_steps.py",
                "    return bench.parked.look().is_file(operation.source_print) and bench.copy.look()"
                ".is_file(operation.target_print)\n",
                "    return bool(operation)\n",
            ),
        ),
        (RACES,),
        (KILL,),
    ),
    Mutant(
        "what is read back is not compared",
        (Patch(DISK + "verifying.py", "        if self.hash.digest() != digest:\n", "        if not digest:\n"),),
        (ERRORS,),
        (KILL,),
    ),
    Mutant(
        "the source is not looked at again",
        (
            Patch(DISK + "copying.py", "            _require_unchanged(source, before)\n", ""),
            Patch("caching/caching_steps.py", "    _require_original(bench)\n", ""),
        ),
        (("races", "--combination", "union/copy", "--kind", "cache"),),
        (KILL,),
    ),
)
