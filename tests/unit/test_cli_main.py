"""The command line as a program: exit status, where output goes, and never a traceback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from foldsight.cli import main
from foldsight.cli.parser import VERBS, build, choices_of, verb


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main.run(words)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return status, out, err


def shell(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    code = "import sys; from foldsight.cli.main import run; sys.exit(run())"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, **options)


def test_help_lists_every_verb_and_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "--help")
    assert (status, err) == (0, "")
    assert set(VERBS) <= set(re.findall(r"^    (\w+)", out, re.M))


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_and_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, name, "--help")
    assert status == 0
    assert "--json" in out
    assert verb(name).run.__doc__


def test_help_loads_nothing_heavy() -> None:
    code = (
        "from foldsight.cli.main import run; run(['--help']); import sys;"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'numpy','pandas','httpx','gemmi','torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "the following arguments are required: verb"),
        (["fly"], "invalid choice: 'fly'"),
        (["fold", "--speed", "9"], "unrecognized arguments: --speed"),
        (["engines", "pull"], "Which engine"),
        (["library", "add"], "needs one thing more"),
        (["view", "x.pdb", "-o", "x.docx"], "no suffix that can be saved"),
        (["read", "/nonexistent/x.cif"], "no file /nonexistent/x.cif"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert fault in err


def test_with_json_a_fault_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "read", "/nonexistent/x.cif", "--json")
    error = json.loads(out)["error"]
    assert status == 2
    assert error["refused"] is True
    assert error["code"] == "not_found"


def test_a_fault_of_ours_is_a_sentence_and_its_traceback_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setenv("FOLDSIGHT_HOME", str(tmp_path))
    monkeypatch.setattr(verb("engines"), "run", broken)
    status, out, err = run(capsys, "engines")
    assert (status, out) == (1, "")
    assert "Something broke inside: ZeroDivisionError: by." in err
    assert "Traceback" in (tmp_path / "last-fault.txt").read_text()


def test_what_the_system_forbids_names_the_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", "/root/x")

    monkeypatch.setattr(verb("engines"), "run", forbidden)
    status, _, err = run(capsys, "engines")
    assert status == 2
    assert "/root/x: Permission denied." in err


def test_a_closed_pipe_is_quiet() -> None:
    code = "import sys; from foldsight.cli.main import run; sys.exit(run(['library', 'list', '--json']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert errors == b""


def test_ctrl_c_is_a_word_and_130(tmp_path: Path) -> None:
    code = (  # a test run in the background hands down a SIGINT that is ignored
        "import signal, sys, time; from foldsight.cli import main, parser;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "parser.verb('engines').run = lambda *_: (print('ready', flush=True), time.sleep(60));"
        "sys.exit(main.run(['engines']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "foldsight: stopped.\n"


def test_engines_says_what_would_make_each_run(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "engines", "--json")
    engines = {engine["id"]: engine for engine in json.loads(out)["engines"]}
    assert status == 0
    assert engines["template"]["ready"]
    assert all(engine["ready"] or engine["fix"] for engine in engines.values())


def test_a_download_without_consent_is_refused_with_its_size(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FOLDSIGHT_WEIGHTS", str(tmp_path))
    status, out, err = run(capsys, "engines", "pull", "esmfold")
    assert (status, out) == (2, "")
    assert "8.4 GB" in err
    assert "--yes" in err
    assert list(tmp_path.iterdir()) == []


def test_library_search_finds_the_relative(capsys: pytest.CaptureFixture[str]) -> None:
    nedd8 = "MLIKVKTLTGKEIEIDIEPTDKVERIKERVEEKEGIPPQQQRLIYSGKQMNDEKTAADYKILGGSVLHLVLALRGGGGLRQ"
    status, out, _ = run(capsys, "library", "search", nedd8, "--json")
    best = json.loads(out)["hits"][0]
    assert status == 0
    assert best["entry"] == "1ubi"
    assert best["identity"] == pytest.approx(0.58, abs=0.02)


def test_one_verb_alone_is_loaded() -> None:
    parsers = choices_of(build(only="read"))
    assert set(parsers) == set(VERBS)
    assert any(a.dest == "source" for a in parsers["read"]._actions)
    assert not any(a.dest == "source" for a in parsers["fold"]._actions)


def test_the_program_starts_in_a_shell() -> None:
    done = shell("--version", env={**os.environ, "PYTHONWARNINGS": "error"})
    assert done.returncode == 0
    assert done.stdout.startswith("FoldSight ")
    assert done.stderr == ""
