"""Files and folders that only their owner may read: database, secret, the demo's passwords.

Nothing is changed that belongs to others, nor a folder that holds other things too.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
_BESIDE = ("-wal", "-shm", "-journal")
"""Files that SQLite keeps beside the database, with the database's own mode."""


def make_private_folder(folder: Path) -> None:
    """Make a folder for its owner only, or make one that is there already so."""
    folder.mkdir(mode=FOLDER, exist_ok=True)
    _restrict(folder, FOLDER)


def is_private(folder: Path) -> bool:
    """True if the folder is this user's, and nobody else can write to it."""
    found = folder.stat()
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o022


def protect_file(file: Path) -> None:
    """Take a file that is there away from everybody but its owner."""
    _restrict(file, FILE)


def protect_database(file: Path) -> None:
    """Make SQLite's file before SQLite does, readable to its owner only; or make it so.

    Its folder too, if nothing else is in it. If this fails, SQLite will report it.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE))
    for each in (file, *(file.with_name(file.name + ending) for ending in _BESIDE)):
        _restrict(each, FILE)
    if _holds_only(file):
        _restrict(file.parent, FOLDER)


def _holds_only(file: Path) -> bool:
    try:
        return all(other.name.startswith(file.name) for other in file.parent.iterdir())
    except OSError:
        return False


def _restrict(path: Path, mode: int) -> None:
    with suppress(OSError):
        found = path.stat()
        now = stat.S_IMODE(found.st_mode)
        if found.st_uid == os.geteuid() and now & ~mode and not now & stat.S_ISVTX:
            path.chmod(now & mode)  # a sticky folder, like /tmp, is everybody's
