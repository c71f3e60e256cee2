"""How long a reader waits for the first picture, in JupyterLab and in Notebook.

    python bench/first_frame.py [--repeats 3] [--json out.json]

The time runs from the moment the cell is run until Mol* has drawn the structure, in headless
Chromium with WebGL in software; the kernel is warm (``foldsight`` imported, the structure
read), the page is new, so that the engine of 3 MB is loaded within that time. The second view on
the same page is timed as well, with the bytes that the server sent for it. Structures are made
from the library that comes with FoldSight: rhodopsin (348 residues), and angiotensin converting
enzyme with a receptor binding domain beside a haemoglobin (2,024). Bars: 6 s and 12 s.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.lab import Lab, Notebook
from tests.browser.programs import running_chromium, running_lab

BARS = {348: 6.0, 2024: 12.0}
PREPARE = """\
from pathlib import Path
import foldsight as fs
import foldsight_widgets.structure_view
one, two = fs.read("library:7ddo"), fs.read("library:2gtl")
one.save("one.pdb"); two.save("two.pdb")
free = iter(sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") - {chain.auth for chain in one.chains}))
names = {chain.auth: next(free) for chain in two.chains}
lines = [line for line in Path("one.pdb").read_text().splitlines() if line.startswith("ATOM")]
for line in Path("two.pdb").read_text().splitlines():
    if line.startswith("ATOM"):
        x = float(line[30:38]) + 140
        lines.append(f"{line[:21]}{names[line[21]]}{line[22:30]}{x:8.3f}{line[38:]}")
Path("both.pdb").write_text("\\n".join([*lines, "END", ""]))
large, small = fs.read("both.pdb"), fs.read("library:1u19")
assert (len(small.residues), len(large.residues)) == (348, 2024), len(large.residues)
"""


def timed(notebook: Notebook, code: str, number: int) -> tuple[float, int]:
    """Return the seconds until the n-th view is drawn, and the bytes that were sent for it."""
    sent: list[int] = []

    def received(response: Any) -> None:
        sent.append(int(response.headers.get("content-length", 0)))

    notebook.page.on("response", received)
    started = time.monotonic()
    notebook.run(code)
    view = notebook.view(number)
    view.ask("view.work")
    seconds = time.monotonic() - started
    notebook.page.remove_listener("response", received)
    assert view.state()["mol"]["residues"] in BARS
    return seconds, sum(sent)


def one_page(
    lab: Lab, browser: Any, name: str, *, classic: bool
) -> tuple[tuple[float, int], tuple[float, int]]:
    """Return the figures of the first and the second view on a new page."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    notebook = Notebook.open(lab, context.new_page(), classic=classic)
    try:
        notebook.run(PREPARE)
        return timed(notebook, f"{name}.view()", 0), timed(notebook, f"{name}.view()", 1)
    finally:
        notebook.shut_down()
        context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found, good = [], True
    with tempfile.TemporaryDirectory() as home, running_lab(Path(home)) as lab, running_chromium() as browser:
        for application, classic in (("JupyterLab", False), ("Notebook", True)):
            for name, residues in (("small", 348), ("large", 2024)):
                pages = [one_page(lab, browser, name, classic=classic) for _ in range(args.repeats)]
                first, second = ([page[k][0] for page in pages] for k in (0, 1))
                row = {
                    "application": application, "residues": residues, "bar": BARS[residues],
                    "first": round(median(first), 2), "worst": round(max(first), 2),
                    "second": round(median(second), 2),
                    "bytes_first": pages[0][0][1], "bytes_second": pages[0][1][1],
                }  # fmt: skip
                found.append(row)
                good &= row["first"] <= BARS[residues]
                print(
                    f"{application:10} {residues:5,} residues: first frame {row['first']:.1f} s"
                    f" (worst of {args.repeats} {row['worst']:.1f}; bar {BARS[residues]:g}),"
                    f" second view {row['second']:.1f} s, {row['bytes_second']:,} bytes fetched for it",
                    flush=True,
                )
    if args.json:
        args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
