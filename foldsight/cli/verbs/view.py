"""``foldsight view``: a structure as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from foldsight.cli.answer import Answer
from foldsight.cli.console import Console
from foldsight.cli.names import safe_stem
from foldsight.cli.parser import completed_by
from foldsight.errors import BadRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    source = parser.add_argument("source", help="structure file, pdb:ID or afdb:ACCESSION")
    completed_by(source, "file")
    output = parser.add_argument("-o", "--output", help="picture to write: .png, .svg or .html")
    completed_by(output, "file")
    parser.add_argument("--size", default="1200x900", help="width x height in pixels (1200x900)")
    parser.add_argument("--background", choices=("light", "dark", "transparent"), default="light")
    parser.add_argument("--coloring", choices=("confidence", "chain", "secondary"), help="what colours show")
    parser.add_argument("--palette", help="name of a palette, such as 'colour-blind safe'")
    parser.add_argument("--network", choices=("off", "hash", "sequence"), help="what may leave the machine")


def run(args: argparse.Namespace, console: Console) -> Answer:
    """Draw the structure and say where the picture is."""
    from foldsight import outlets
    from foldsight.api.viewing import shown

    target = Path(args.output or f"{safe_stem(_stem(args.source))}.png")
    outlets.exporter_for(target)
    item = shown(args.source, network=args.network)
    path = outlets.save(item, target, **_options(args, target))
    return Answer({"file": str(path)}, f"{path}")


def _stem(source: str) -> str:
    return Path(source).name.removesuffix(".gz").rsplit(".", 1)[0]


def _options(args: argparse.Namespace, target: Path) -> dict[str, object]:
    style = {"coloring": args.coloring, "palette": args.palette}
    chosen = {key: value for key, value in style.items() if value}
    if target.suffix.lower() not in (".png", ".svg"):
        return chosen
    return {"size": _size(args.size), "background": args.background, **chosen}


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.strip().isdigit() and height.strip().isdigit()):
        raise BadRequest(f"--size {text} is no size.", hint="Write width x height, such as 1200x900.")
    return int(width), int(height)
