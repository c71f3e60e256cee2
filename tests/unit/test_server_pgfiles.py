"""Folders and lock files of the embedded PostgreSQL, without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from foldsight_server.store import pgfiles
from foldsight_server.store.binaries import Runner

from foldsight.errors import ServiceUnavailable

OURSELVES = Runner(Path("/nowhere"), {}, {})


def test_a_socket_folder_is_near_the_data_unless_the_path_is_too_long(tmp_path: Path) -> None:
    assert pgfiles.socket_folder(Path("/home/x/postgres")) == Path("/home/x/postgres/socket")
    far = pgfiles.socket_folder(tmp_path / ("deep/" * 30))
    assert len(os.fsencode(far)) < 80
    assert far != pgfiles.socket_folder(tmp_path / ("other/" * 30))


def test_private_folders_are_closed_and_not_somebody_elses(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    pgfiles.make_private(folder, OURSELVES)
    assert folder.stat().st_mode & 0o777 == 0o700
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(ServiceUnavailable, match="belongs to another user"):
        pgfiles.make_private(link, OURSELVES)
    stranger = Runner(Path("/nowhere"), {"user": os.getuid() + 1, "group": 1}, {})
    with pytest.raises(ServiceUnavailable, match="belongs to another user"):
        pgfiles.make_private(folder, stranger)


@pytest.mark.parametrize("text", ["", "no number\n", None])
def test_a_lock_file_that_says_nothing_names_nobody(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "postmaster.pid").write_text(text)
    assert pgfiles.postmaster_pid(tmp_path) is None


def test_another_program_and_a_zombie_are_no_postgres() -> None:
    assert not pgfiles.is_postgres(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, not yet collected
    assert not pgfiles.is_postgres(child.pid)
    child.wait()
    assert not pgfiles.is_postgres(child.pid)


def test_disowned_locks_keep_all_but_the_process_id(tmp_path: Path) -> None:
    data, socket = tmp_path / "data", tmp_path / "socket"
    data.mkdir()
    socket.mkdir()
    lock = data / "postmaster.pid"
    lock.write_text("12345\n/data\n1700000000\n5432\n  4200001 7\n")
    pgfiles.disown_locks(data, socket)
    pid, *rest = lock.read_text().splitlines()
    assert rest == ["/data", "1700000000", "5432", "  4200001 7"]
    with pytest.raises((ProcessLookupError, OverflowError)):
        os.kill(int(pid), 0)
    assert list(socket.iterdir()) == []


def test_a_large_log_is_put_aside_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgfiles, "_LOG_MAX", 10)
    log = tmp_path / "postgres.log"
    log.write_text("x" * 11)
    pgfiles.trim(log)
    assert [p.name for p in tmp_path.iterdir()] == ["postgres.old.log"]
    log.write_text("short")
    pgfiles.trim(log)
    assert log.read_text() == "short"
