"""The magics in a real IPython shell: verbs, variables, completion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foldsight.api import Fold, Folds
from foldsight.cli.answer import Answer
from foldsight.cli.parser import VERBS
from foldsight.errors import BadRequest, BadSequence
from foldsight.magic import complete, help_text, load_ipython_extension

SEQUENCE = "MQIFVKTLTGKTITLEVEPS"


@pytest.fixture
def shell(service: Any, ipython: Any) -> Any:
    load_ipython_extension(ipython)
    return ipython


def value(shell: Any, code: str, name: str) -> Any:
    """Run a cell and return a variable, or raise what it raised."""
    shell.run_cell(code, silent=True).raise_error()
    return shell.user_ns[name]


def test_fold_gives_the_object(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "x.fasta").write_text(f">one\n{SEQUENCE}\n")
    fold = value(shell, "p = %foldsight fold x.fasta --seed 4", "p")
    assert isinstance(fold, Fold)
    assert fold.job["request"]["seed"] == 4


def test_the_cell_form_takes_fasta(shell: Any) -> None:
    found = shell.run_cell_magic("foldsight", "fold", f">one\n{SEQUENCE}\n>two\n{SEQUENCE}\n")
    assert isinstance(found, Folds)
    assert [fold.name for fold in found] == ["one", "two"]


def test_variables_and_expressions_are_expanded(shell: Any, service: Any) -> None:
    shell.user_ns.update(text=f">one\n{SEQUENCE}", parts=[SEQUENCE, SEQUENCE], number=9)
    value(shell, "a = %foldsight fold $text --name n{number} --seed $number", "a")
    value(shell, "b = %foldsight fold {'>a b\\n' + parts[0] if parts else ''}", "b")
    assert [request["name"] for request in service.requests] == ["n9", "a"]
    assert service.requests[0]["seed"] == 9
    assert len(value(shell, "c = %foldsight fold $parts", "c")) == 2


def test_an_unknown_name_is_refused(shell: Any) -> None:
    with pytest.raises(BadRequest, match="nowhere cannot be evaluated: NameError"):
        shell.run_line_magic("foldsight", "fold $nowhere")


def test_view_takes_a_variable(shell: Any) -> None:
    value(shell, f"p = %foldsight fold {SEQUENCE}", "p")
    for line in ("p", "$p"):
        view = value(shell, f"v = %foldsight view {line} --coloring chain", "v")
        assert view.scene.style.coloring == "chain"


def test_other_verbs_take_variables_too(shell: Any) -> None:
    value(shell, f"p = %foldsight fold {SEQUENCE}", "p")
    for line in ("p", "$p", "{p.structure}"):
        assert value(shell, f"a = %foldsight read {line} --json", "a")["residues"] == 76


def test_lists_give_answers_that_show_themselves(shell: Any) -> None:
    answer = shell.run_line_magic("foldsight", "engines")
    assert isinstance(answer, Answer)
    assert "template" in str(answer)
    assert "<table>" in answer._repr_html_()
    assert isinstance(shell.run_line_magic("foldsight", "library --json"), dict)


def test_output_writes_files(shell: Any, tmp_path: Path) -> None:
    shell.run_line_magic("foldsight", f"fold {SEQUENCE} --name one -o out")
    assert (tmp_path / "out" / "one.cif").exists()


@pytest.mark.parametrize(
    ("line", "cell", "error", "fault"),
    [
        ("fold", None, BadRequest, "nothing to fold"),
        ("fly", None, BadRequest, "invalid choice: 'fly'"),
        ("fold x --speed", None, BadRequest, "%foldsight: unrecognized arguments"),
        ('fold "x', None, BadRequest, "cannot be read"),
        ("fold x.fasta", ">a\nMKT", BadRequest, "both hold something"),
        ("engines", "text", BadRequest, "takes nothing from the cell"),
        ("fold", ">a\nMQIFVKTLTGKTXX", BadSequence, "'X' stands for an unknown residue"),
    ],
)
def test_refusals(shell: Any, line: str, cell: str | None, error: type[Exception], fault: str) -> None:
    from foldsight.magic import run

    with pytest.raises(error, match=fault):
        run(shell, line, cell)


def test_help(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("", "help", "--help"):
        assert shell.run_line_magic("foldsight", line) is None
        assert capsys.readouterr().out.strip() == help_text().strip()
    shell.run_line_magic("foldsight", "fold --help")
    assert "--network" in capsys.readouterr().out
    assert shell.magics_manager.magics["cell"]["foldsight"].__doc__ == help_text()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%foldsight ", [*VERBS, "help"]),
        ("%foldsight fo", ["fold"]),
        ("%%foldsight eng", ["engines"]),
        ("%foldsight engines ", ["list", "status", "pull", "verify"]),
        ("%foldsight engines pull esmfold2", ["esmfold2", "esmfold2-fast"]),
        ("%foldsight fold x --engine te", ["template"]),
        ("%foldsight fold --net", ["--network"]),
        ("%%foldsight fold --network ", ["off", "hash", "sequence"]),
        ("%foldsight fold data/x", ["data/x.fasta", "data/x.txt"]),
        ("%foldsight fold da", ["data/"]),
        ("%foldsight nothing x", []),
        ("%foldsight fold --seed ", []),
    ],
)
def test_completion(text: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    for name in ("x.fasta", "x.txt", "y.txt"):
        (tmp_path / "data" / name).touch()
    monkeypatch.chdir(tmp_path)
    assert complete(text) == found


@pytest.mark.parametrize("magic", ["%foldsight", "%%foldsight"])
def test_the_shell_completes(shell: Any, magic: str) -> None:
    found = shell.Completer.dispatch_custom_completer
    line = f"{magic} fold --eng"
    shell.Completer.line_buffer = shell.Completer.text_until_cursor = line
    assert found("--eng") == ["--engine"]


def test_figures_show_without_pyplot(shell: Any) -> None:
    from matplotlib.figure import Figure

    data, _ = shell.display_formatter.format(Figure())
    assert data["image/png"].startswith(b"\x89PNG")
