"""The files of an embedded PostgreSQL: its folders, its locks, and who is behind them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

from foldsight.errors import ServiceUnavailable
from foldsight_server.store.binaries import Runner

#: Longest path of a Unix socket folder that every system takes, with the socket's name after it.
_SOCKET_PATH_MAX = 80
#: More than any system's largest process id.
_NO_PID = 2_000_000_000
_LOG_MAX = 5_000_000


def socket_folder(base: Path) -> Path:
    """Return where the socket is: near the data unless that path is too long for a socket."""
    folder = base / "socket"
    if len(os.fsencode(folder)) <= _SOCKET_PATH_MAX:
        return folder
    digest = hashlib.sha256(os.fsencode(base)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"foldsight-{os.getuid()}-{digest}"


def make_private(folder: Path, runner: Runner) -> None:
    """Make a folder that only the user who runs PostgreSQL may enter.

    Raises
    ------
    ServiceUnavailable
        When it is there and somebody else's.
    """
    made = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if made and runner.identity:
        os.chown(folder, runner.uid, runner.identity["group"])
    if folder.is_symlink() or folder.stat().st_uid != runner.uid:
        raise ServiceUnavailable(
            f"{folder} belongs to another user.", hint="Set FOLDSIGHT_HOME to a folder of your own."
        )
    folder.chmod(0o700)


def postmaster_pid(data: Path) -> int | None:
    """Return the process id in ``postmaster.pid``, None without one."""
    try:
        return int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def is_postgres(pid: int) -> bool:
    """Whether that process is a living postgres, not a zombie or another program with its number."""
    if Path("/proc/self/stat").exists():
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        name, _, rest = text.partition("(")[2].rpartition(")")
        return name.startswith("postgres") and rest.split()[0] not in ("Z", "X")
    command = ["ps", "-o", "state=,comm=", "-p", str(pid)]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(None, 1)
    return len(found) == 2 and not found[0].startswith("Z") and "postgres" in found[1]


def disown_locks(data: Path, socket: Path) -> None:
    """Let PostgreSQL see that the owner of its lock files is gone; call it when that is known.

    PostgreSQL only asks whether the process id exists, which is also true of a zombie and,
    after a reboot, of whatever has that id now. The files stay, with an id that cannot
    exist: by the rest of them PostgreSQL checks that no old backend still writes.
    """
    for lock in (data / "postmaster.pid", socket / ".s.PGSQL.5432.lock"):
        if lock.exists():
            rest = lock.read_text().partition("\n")[2]
            with lock.open("r+") as stream:
                stream.write(f"{_NO_PID}\n{rest}")
                stream.truncate()


def trim(log: Path) -> None:
    """Keep one old log beside the present one when it has grown large."""
    if log.exists() and log.stat().st_size > _LOG_MAX:
        log.replace(log.with_suffix(".old.log"))
