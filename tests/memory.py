"""Where tests keep their files: in memory if there is room, since each commit waits for the disk.

SQLite commits as it does anywhere, fsync and all; there is only nothing to wait for. Who wants a
disk sets pytest's own `PYTEST_DEBUG_TEMPROOT` or gives `--basetemp`.
"""

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 << 30  # much more than tests need: they are not to take it from others


def keep_files_in_memory() -> None:
    """Temporary folders of this test run and of its workers lie in memory from now on."""
    if has_room(MEMORY):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def has_room(folder: Path, room_bytes: int = ROOM_BYTES) -> bool:
    """Does this folder exist, and may we fill it?"""
    is_ours = folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
    return is_ours and shutil.disk_usage(folder).free >= room_bytes
