"""``%foldsight`` and ``%%foldsight``: the verbs of the command line in a notebook.

They share the command line's parser. What differs: ``fold`` returns at once with an object
that shows its progress, ``view`` returns the interactive view, and names of variables may
stand where the command line takes files.
"""

from __future__ import annotations

import argparse
import glob
import os
import re
import shlex
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from foldsight.cli import parser as parsers
from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.errors import BadRequest, FoldSightError

NAME = "foldsight"
HELP = """%foldsight VERB ...            the verbs of the command line:

{verbs}

%foldsight fold x.fasta          returns at once; shows progress, then the structure
p = %foldsight fold x.fasta      keeps it: p.residues, p.select("A:25-27"), p.save("p.cif")
%%foldsight fold --engine auto   folds the FASTA text of the cell
%foldsight view p                a variable, a file, or pdb:1HPV
%foldsight pockets p             table and view; so do align and ddg
%foldsight fold $sequence        $name and {{expression}} stand for Python values
%foldsight VERB --help           the options of a verb"""

#: A whole word that stands for a Python object, and what stands in for it meanwhile.
_VALUE = re.compile(r"(?<!\S)(?:\$([A-Za-z_]\w*)|\{([^{}]+)\})(?!\S)")
_STAND_IN = "\ufffcfoldsight"


def load_ipython_extension(shell: Any) -> None:
    """Register the magics and their completion; ``%load_ext foldsight`` calls this."""
    from IPython.core.magic import no_var_expand

    @no_var_expand
    def foldsight(line: str, cell: str | None = None) -> Any:
        return run(shell, line, cell)

    foldsight.__doc__ = help_text()
    shell.register_magic_function(foldsight, "line_cell", NAME)
    for key in (f"%{NAME}", f"%%{NAME}"):
        shell.set_hook("complete_command", _completer, str_key=key)
    _show_figures(shell)


def _show_figures(shell: Any) -> None:
    """Let cells show matplotlib figures although nobody has imported pyplot, which would do the same."""
    formatter = shell.display_formatter.formatters["image/png"]
    formatter.for_type_by_name("matplotlib.figure", "Figure", _png)


def _png(figure: Any) -> bytes:
    data = BytesIO()
    figure.savefig(data, format="png", bbox_inches="tight")
    return data.getvalue()


def help_text() -> str:
    """Return what ``%foldsight help`` prints."""
    verbs = "\n".join(f"  {name:9} {words}" for name, words in parsers.VERBS.items())
    return HELP.format(verbs=verbs)


def run(shell: Any, line: str, cell: str | None = None) -> Any:
    """Run one line or cell and return what it gives; refusals raise and read as one sentence."""
    words, values = _expanded(shell, line)
    if not words or words[0] in ("help", "--help", "-h"):
        print(help_text())
        return None
    args = _parsed(words)
    if args is None:
        return None
    console = Console()
    if args.verb == "fold":
        return _fold(args, values, cell, console)
    if cell is not None and cell.strip():
        raise BadRequest(
            f"%%foldsight {args.verb} takes nothing from the cell.", hint="Write % instead of %%."
        )
    _hand_over(args, values, shell)
    shown = _shown(args)
    if shown is not None:
        return shown
    answer = parsers.verb(args.verb).run(args, console)
    console.clear()
    return answer.data if args.json in (True, "") else _told(answer)


def _parsed(words: list[str]) -> argparse.Namespace | None:
    try:
        return parsers.build(f"%{NAME}", only=parsers.asked_verb(words)).parse_args(words)
    except SystemExit:  # --help has printed what was asked for
        return None


def _told(answer: Answer) -> Answer | None:
    """Return the answer, which shows itself; nothing for a verb that has nothing to say."""
    return answer if str(answer) else None


def _fold(args: argparse.Namespace, values: dict[str, Any], cell: str | None, console: Console) -> Any:
    from foldsight.api import fold
    from foldsight.cli.verbs import fold as verb

    if cell is not None and cell.strip():
        if args.source is not None:
            raise BadRequest("The cell and the line both hold something to fold.", hint="Give one of them.")
        source: Any = cell
    elif args.source is None:
        raise BadRequest("There is nothing to fold.", hint="%foldsight fold x.fasta, or FASTA in a %% cell.")
    else:
        source = values.get(args.source, args.source)
    found = fold(source, **verb.options_of(args))
    if args.output:
        verb.fold_into(verb.writable(args.output), verb.each(found), console)
    return found


def _hand_over(args: argparse.Namespace, values: dict[str, Any], shell: Any) -> None:
    """Put Python objects where the line names them: ``$p``, or ``p`` where a file could stand."""
    own = parsers.choices_of(parsers.build(only=args.verb))[args.verb]
    for action in parsers.actions(own):
        word = getattr(args, action.dest, None)
        if not isinstance(word, str):
            continue
        if word in values:
            setattr(args, action.dest, _settled(values[word]))
        elif not action.option_strings and getattr(action, parsers.COMPLETES, "") == "file":
            setattr(args, action.dest, _named(word, shell))


def _named(word: str, shell: Any) -> Any:
    """Return the variable of this name when it holds a structure and there is no such file."""
    from foldsight.api import Fold
    from foldsight.prediction import Prediction
    from foldsight.scene import Scene
    from foldsight.structure import Structure

    held = shell.user_ns.get(word)
    known = isinstance(held, Fold | Prediction | Structure | Scene)
    return _settled(held) if known and not os.path.exists(word) else word


def _settled(value: Any) -> Any:
    from foldsight.api import Fold

    return value.result() if isinstance(value, Fold) else value


def _shown(args: argparse.Namespace) -> Any:
    """Return the object that shows itself, for verbs that have one.

    None leaves it to the verb itself: when files are to be written, JSON is wanted, or what the
    object needs is missing.
    """
    if args.verb not in _OBJECTS:
        return None
    own = parsers.choices_of(parsers.build(only=args.verb))[args.verb]
    default = {action.dest: action.default for action in parsers.actions(own)}
    given = {name for name, value in vars(args).items() if name in default and value != default[name]}
    make, needed, options = _OBJECTS[args.verb]
    return make(args) if needed <= given <= needed | options else None


def _view(args: argparse.Namespace) -> Any:
    from foldsight.api import view

    style = {"coloring": args.coloring, "palette": args.palette}
    return view(args.source, network=args.network, **{key: value for key, value in style.items() if value})


def _align(args: argparse.Namespace) -> Any:
    from foldsight.api import align

    chains = tuple(args.chains) if args.chains else None
    return align(args.mobile, args.reference, chains=chains, complex=args.complex)


def _pockets(args: argparse.Namespace) -> Any:
    from foldsight.api import pockets

    return pockets(args.source, method=args.method, network=args.network)


def _interfaces(args: argparse.Namespace) -> Any:
    from foldsight.api import interfaces

    return interfaces(args.source, pae_cutoff=args.pae_cutoff, network=args.network)


def _variants(args: argparse.Namespace) -> Any:
    from foldsight.api import variants

    request = " ".join(args.variants) or "scan"
    return variants(args.source, request, chain=args.chain, context=args.context, level=args.level)


#: Verbs with an object that shows itself: what makes it, the arguments it needs and those it takes.
_OBJECTS: dict[str, tuple[Callable[[argparse.Namespace], Any], set[str], set[str]]] = {
    "view": (_view, {"source"}, {"coloring", "palette", "network"}),
    "align": (_align, {"mobile", "reference"}, {"chains", "complex"}),
    "pockets": (_pockets, {"source"}, {"method", "network"}),
    "interfaces": (_interfaces, {"source"}, {"pae_cutoff", "network"}),
    "ddg": (_variants, {"source"}, {"variants", "chain", "context", "level"}),
}


def _expanded(shell: Any, line: str) -> tuple[list[str], dict[str, Any]]:
    """Split a line into words; return besides the Python objects that whole words stand for.

    ``$name`` and ``{expression}`` inside a word become text, as IPython does it for every
    magic. As a whole word they hand over the object itself.
    """
    values: dict[str, Any] = {}

    def stand_in(match: re.Match[str]) -> str:
        word = f"{_STAND_IN}{len(values)}"
        values[word] = _evaluated(shell, match[1] or match[2])
        return word

    text = shell.var_expand(_VALUE.sub(stand_in, line), depth=0)
    try:
        words = shlex.split(text, posix=os.name != "nt")
    except ValueError as fault:
        raise BadRequest(f"The line cannot be read: {fault}.", hint="Close the quotation.") from None
    plain = {
        word: str(value) for word, value in values.items() if isinstance(value, str | int | float | Path)
    }
    return [plain.get(word, word) for word in words], values


def _evaluated(shell: Any, expression: str) -> Any:
    try:
        return shell.ev(expression)
    except Exception as fault:
        raise BadRequest(
            f"{expression} cannot be evaluated: {type(fault).__name__}: {fault}.",
            hint="$name and {expression} stand for Python values.",
        ) from None


def complete(text: str) -> list[str]:
    """Return what may follow a line that begins with ``%foldsight`` or ``%%foldsight``.

    >>> complete("%foldsight fo")
    ['fold']
    """
    head, _, last = text.rpartition(" ")
    words = head.split()[1:]
    if not words:
        return [verb for verb in (*parsers.VERBS, "help") if verb.startswith(last)]
    if words[0] not in parsers.VERBS:
        return []
    options = parsers.choices_of(parsers.build(only=words[0]))[words[0]]
    return [found for found in _candidates(options, words[1:], last) if found.startswith(last)]


def _candidates(parser: argparse.ArgumentParser, words: list[str], last: str) -> list[str]:
    known = {option: action for action in parsers.actions(parser) for option in action.option_strings}
    before = known.get(words[-1]) if words else None
    if before is not None and before.nargs != 0:
        return _values_of(before, last)
    if last.startswith("-"):
        return sorted(option for option in known if option.startswith("--"))
    places = [action for action in parsers.actions(parser) if not action.option_strings]
    taken = sum(not word.startswith("-") and known.get(prior) is None for prior, word in _pairs(words))
    return _values_of(places[taken], last) if taken < len(places) else []


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    return list(zip(["", *words], words, strict=False))


def _values_of(action: argparse.Action, last: str) -> list[str]:
    if action.choices is not None:
        return [str(choice) for choice in action.choices]
    kind = getattr(action, parsers.COMPLETES, "")
    if kind == "engine":
        from foldsight.engines import registry

        return [registry.AUTO, *(engine.id for engine in registry.all())]
    return _files(last) if kind == "file" else []


def _files(start: str) -> list[str]:
    found = glob.glob(glob.escape(os.path.expanduser(start)) + "*")
    return sorted(f"{name}/" if os.path.isdir(name) else name for name in found)


def _completer(_shell: Any, event: Any) -> list[str]:
    """Answer IPython's ``complete_command`` hook; a fault here must not reach the keyboard."""
    try:
        return complete(event.text_until_cursor)
    except FoldSightError:
        return []
