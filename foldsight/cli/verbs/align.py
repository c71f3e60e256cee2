"""``foldsight align``: TM-align of two structures or complexes, one against many, all against all."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foldsight.cli.answer import DONE, REFUSED, Answer, Table
from foldsight.cli.console import Console
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from foldsight.analysis.alignment import Alignment, ComplexAlignment, Refusal, Trace
    from foldsight.structure import Structure

#: This verb's ``--json`` may name a file.
OWN_JSON = True
#: Letters of an alignment on one line, and rows of a search that are printed.
WIDTH, SHOWN = 80, 30
HEADINGS = ("name", "residues", "TM by reference", "TM by mobile", "RMSD Å", "aligned", "identity")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    for name, words in (("mobile", "structure that is moved"), ("reference", "structure it is put on")):
        completed_by(parser.add_argument(name, nargs="?", help=f"{words}: a file, or pdb:1HPV"), "file")
    chains = parser.add_mutually_exclusive_group()
    chains.add_argument(
        "--chains", nargs=2, metavar=("MOBILE", "REFERENCE"), help="chains (default: the first)"
    )
    chains.add_argument(
        "--complex", action="store_true", help="all protein chains; which lies on which is found"
    )
    _file(parser, "--out", "-o", help="write the mobile structure, moved")
    _file(parser, "--view", help="draw both, superposed: .png, .svg or .html")
    _file(parser, "--distances", help="draw the CA-CA distances along the reference: .png, .svg or .pdf")
    _add_many(parser)


def _add_many(parser: argparse.ArgumentParser) -> None:
    sets = parser.add_argument_group("many structures")
    modes = sets.add_mutually_exclusive_group()
    _file(modes, "--against", metavar="DIR", help="align each file of a folder on the one structure named")
    _file(modes, "--all", metavar="DIR", help="align all files of a folder with each other")
    _file(modes, "--pairs", metavar="FILE", help="JSON list of pair, a, b")
    sets.add_argument("--root", type=Path, default=Path(), help="folder of the files that --pairs names")
    sets.add_argument("--min-tm", type=float, metavar="TM", help="leave out pairs that will not reach it")
    sets.add_argument(
        "--by", choices=("shorter", "longer", "reference", "mobile"), default="shorter",
        help="length that --min-tm is normalised by, with --against (shorter)",
    )  # fmt: skip
    _file(sets, "--csv", help="write the table of --against, or the TM-scores of --all")
    _file(sets, "--matrix", help="draw the TM-scores of --all: .png, .svg or .pdf")
    _file(sets, "--tree", help="draw the tree of --all, or write it (.nwk)")
    target = parser.add_argument(
        "--json", nargs="?", const="", metavar="FILE",
        help="print one JSON object; with many structures, also write it to FILE",
    )  # fmt: skip
    completed_by(target, "file")


def _file(parser: Any, *names: str, **options: Any) -> None:
    completed_by(parser.add_argument(*names, type=Path, **{"metavar": "FILE", **options}), "file")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Superpose, and give both TM-scores and the RMSD with the number aligned."""
    _fitting(args)
    if args.pairs is not None:
        return _batch(args, console)
    if args.all is not None:
        return _all(args, console)
    if args.against is not None:
        return _against(args, console)
    return _complexes(args, console) if args.complex else _one(args)


def _fitting(args: argparse.Namespace) -> None:
    """Refuse options that the other options leave without an effect."""
    mode = next((m for m in ("pairs", "all", "against") if getattr(args, m) is not None), "two structures")
    single = ("reference", "chains", "complex", "out", "view", "distances")
    unfit = {
        "two structures": ("csv", "matrix", "tree", "min_tm"),
        "pairs": ("mobile", *single, "csv", "matrix", "tree", "min_tm"),
        "all": ("mobile", *single),
        "against": (*single, "matrix", "tree"),
    }[mode] + (("distances",) if args.complex else ())
    given = [name for name in unfit if getattr(args, name) not in (None, False)]
    if given:
        word = given[0] if given[0] in ("mobile", "reference") else f"--{given[0].replace('_', '-')}"
        with_what = f"--{mode}" if mode in ("pairs", "all", "against") else "two structures"
        if args.complex and mode == "two structures":
            with_what = "--complex"
        raise BadRequest(f"{word} does not go with {with_what}.", hint="See foldsight align --help.")
    if mode == "two structures" and args.reference is None:
        raise BadRequest("Two structures are needed.", hint="Write: foldsight align mobile.pdb reference.pdb")
    if mode == "against" and args.mobile is None:
        raise BadRequest(
            "--against needs the structure that the others are aligned on.",
            hint="Write: foldsight align query.pdb --against DIR",
        )


def _one(args: argparse.Namespace) -> Answer:
    from foldsight.analysis.alignment import Trace, align

    mobile, reference = _read(args.mobile), _read(args.reference)
    chains = args.chains or (None, None)
    found = align(Trace.of(mobile, chains[0]), Trace.of(reference, chains[1]))
    lines = [str(found), ""]
    for start in range(0, len(found.aligned_reference), WIDTH):
        lines += [
            found.aligned_mobile[start : start + WIDTH],
            found.aligned_reference[start : start + WIDTH],
            "",
        ]
    if args.distances is not None:
        from foldsight.analysis.alignment.pictures import distance_picture, save

        save(distance_picture(found), args.distances)
    _moved(args, found, mobile, reference)
    return Answer(found.to_dict(), "\n".join(lines).rstrip())


def _complexes(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.alignment import align_complexes

    mobile, reference = _read(args.mobile), _read(args.reference)
    found = align_complexes(mobile, reference, progress=_bar(console))
    _moved(args, found, mobile, reference)
    rows = [(pair.mobile, pair.reference, str(pair.n_aligned), f"{pair.rmsd:.2f}") for pair in found.pairs]
    return Answer(found.to_dict(), str(found), Table(("mobile", "reference", "aligned", "RMSD Å"), rows))


def _moved(
    args: argparse.Namespace, found: Alignment | ComplexAlignment, mobile: Structure, reference: Structure
) -> None:
    if args.out is not None:
        from foldsight.io import write

        write(found.apply(mobile), args.out)
    if args.view is not None:
        from foldsight import outlets
        from foldsight.scene.superposed import superposed

        outlets.save(superposed(found, mobile, reference), args.view)


def _against(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.alignment import align_many

    others = _items(args.against)
    found = align_many(
        _read(args.mobile), others, min_tm=args.min_tm, by=args.by, progress=_bar(console)
    )  # fmt: skip
    table = found.table
    if args.csv is not None:
        _write(args.csv, table.to_csv(index=False, float_format="%.5f"))
    rows = json.loads(table.to_json(orient="records", double_precision=6))
    hits = {row.name for row in found.hits}
    shown = [row for row in rows if row["name"] in hits][:SHOWN]
    refused = [f"{row['name']}: {row['reason']}" for row in rows if row["reason"]]
    data = {"reference": found.reference.name, "min_tm": found.min_tm, "by": found.by, "rows": rows}
    answer = Answer(data, "\n".join([str(found), *refused]), Table(HEADINGS, [_cells(row) for row in shown]))
    return _kept(args, answer, REFUSED if len(refused) == len(rows) else DONE)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    tm = (f"{row['tm_by_reference']:.4f}", f"{row['tm_by_mobile']:.4f}")
    rest = (f"{row['rmsd']:.2f}", str(row["n_aligned"]), f"{row['identity']:.2f}")
    return (row["name"], str(row["residues"]), *tm, *rest)


def _all(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.alignment import align_all
    from foldsight.analysis.alignment.pictures import save

    found = align_all(_items(args.all), min_tm=args.min_tm, progress=_bar(console))
    if args.csv is not None:
        _write(args.csv, found.table.to_csv(float_format="%.5f"))
    if args.matrix is not None:
        save(found.plot(), args.matrix)
    if args.tree is not None:
        if args.tree.suffix == ".nwk":
            _write(args.tree, found.newick() + "\n")
        else:
            save(found.tree(), args.tree)
    families = found.families() if len(found.names) > 1 else dict.fromkeys(found.names, 1)
    rows = [(name, str(n), str(families[name])) for name, n in zip(found.names, found.lengths, strict=True)]
    rows.sort(key=lambda row: int(row[2]))
    refused = [f"{row.name}: {row.fault.message}" for row in found.refused]
    words = f"{len(found.names)} structures in {len(set(families.values()))} families (TM-score 0.5)"
    data = {**found.to_dict(), "families": families}
    answer = Answer(data, "\n".join([words, *refused]), Table(("name", "residues", "family"), rows))
    return _kept(args, answer, REFUSED if not found.names else DONE)


def _batch(args: argparse.Namespace, console: Console) -> Answer:
    from foldsight.analysis.alignment.batch import align_pairs, read_pairs
    from foldsight.io import read

    rows = align_pairs(read_pairs(args.pairs), args.root, read, _bar(console))
    refused = [row for row in rows if "error" in row]
    if args.json:
        _write(Path(args.json), json.dumps(rows))
    table = Table(
        ("pair", "TM by a", "TM by b", "RMSD Å", "aligned"),
        [
            (
                row["pair"],
                f"{row['tm_norm1']:.4f}",
                f"{row['tm_norm2']:.4f}",
                f"{row['rmsd']:.2f}",
                str(row["n_aligned"]),
            )
            for row in rows
            if "error" not in row
        ],
    )
    words = "\n".join(f"{row['pair']}: {row['error']['message']}" for row in refused)
    return Answer({"pairs": rows}, words, table, REFUSED if refused else DONE)


def _kept(args: argparse.Namespace, answer: Answer, status: int) -> Answer:
    if args.json:
        _write(Path(args.json), json.dumps(answer.data))
    return Answer(answer.data, answer.text, answer.table, status)


def _write(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    draft = target.with_name(target.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(target)


def _read(source: str) -> Structure:
    from foldsight.analysis.alignment.batch import as_structure
    from foldsight.io import read

    return as_structure(read(source))


def _items(folder: Path) -> list[Trace | Refusal]:
    from foldsight.analysis.alignment.folder import items
    from foldsight.analysis.pockets.batch import structure_files
    from foldsight.io import read

    if not folder.is_dir():
        raise NotFound(f"{folder} is not a folder.")
    return list(items(structure_files(folder), read))


def _bar(console: Console) -> Any:
    return lambda done, total: console.progress(done / total, f"pair {done} of {total}")
