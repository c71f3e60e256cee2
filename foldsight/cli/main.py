"""``foldsight``: parse, run one verb, print its answer, and end with 0, 1 or 2.

Exit status: 0 done; 2 refused, what was asked cannot be done as asked; 1 failed; 130
stopped by Ctrl-C. With ``--json`` standard output holds one JSON object, also when
something went wrong: ``{"error": {"code", "message", "hint", "refused"}}``.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from foldsight.cli import parser as parsers
from foldsight.cli.answer import DONE, FAILED, INTERRUPTED, REFUSED, Answer
from foldsight.cli.console import Console
from foldsight.errors import BadRequest, Failed, FoldSightError


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    wants_json = "--json" in words
    console = Console(live=False if wants_json else None)
    try:
        status = _answer(words, console, wants_json)
        sys.stdout.flush()
    except BrokenPipeError:
        return _quiet_pipe()
    except KeyboardInterrupt:
        console.clear()
        console.say("foldsight: stopped.")
        return INTERRUPTED
    return status


def _answer(words: list[str], console: Console, wants_json: bool) -> int:
    try:
        answer = _work(words, console)
    except FoldSightError as fault:
        return _tell(fault, console, wants_json)
    except (BrokenPipeError, KeyboardInterrupt):
        raise
    except OSError as fault:
        return _tell(_from_system(fault), console, wants_json)
    except Exception as fault:  # the last fence: people get a sentence, the log gets the traceback
        return _tell(_unexpected(fault), console, wants_json)
    console.clear()
    _print(answer, wants_json)
    return answer.status


def _work(words: list[str], console: Console) -> Answer:
    parser = parsers.build(only=parsers.asked_verb(words))
    try:
        args = parser.parse_args(words)
    except SystemExit:  # --help and --version have printed what was asked for
        return Answer()
    return parsers.verb(args.verb).run(args, console)


def _print(answer: Answer, wants_json: bool) -> None:
    if wants_json:
        print(json.dumps(answer.data, indent=1, ensure_ascii=False, default=str))
    elif str(answer):
        print(answer)


def _tell(fault: FoldSightError, console: Console, wants_json: bool) -> int:
    if wants_json:
        print(json.dumps({"error": fault.to_dict()}, indent=1, ensure_ascii=False, default=str))
    console.say(f"foldsight: {fault.message}")
    if fault.hint:
        console.say(f"  {fault.hint}")
    return REFUSED if fault.refused else FAILED


def _from_system(fault: OSError) -> FoldSightError:
    """Name the file; what the user's disk or rights forbid is a refusal."""
    where = str(fault.filename) if fault.filename else "The operating system"
    return BadRequest(f"{where}: {fault.strerror or fault}.", hint="Check the path and its permissions.")


def _unexpected(fault: Exception) -> FoldSightError:
    from foldsight import settings

    note = settings.home() / "last-fault.txt"
    text = "".join(traceback.format_exception(fault))
    if os.environ.get("FOLDSIGHT_DEBUG"):
        sys.stderr.write(text)
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(text, encoding="utf-8")
        hint = f"This is a fault of FoldSight; what a developer needs is in {note}."
    except OSError:
        hint = "This is a fault of FoldSight; set FOLDSIGHT_DEBUG=1 to see where."
    return Failed(f"Something broke inside: {type(fault).__name__}: {_first_line(fault)}.", hint=hint)


def _first_line(fault: Exception) -> str:
    lines: Any = str(fault).strip().splitlines()
    return lines[0].rstrip(".") if lines else "no message"


def _quiet_pipe() -> int:
    """The reader went away, as ``| head`` does: nothing is wrong, and nothing more can be said."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE
