"""Figures of load tests: each with its bar, all in one table at the end.

A figure below its bar does not stop the run; it makes the run end with a non-zero status, so
that ``make load`` shows everything that there is to see.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

#: How long timed parts run; the acceptance run sets more.
SECONDS = float(os.environ.get("FOLDSIGHT_LOAD_SECONDS", "10"))


@dataclass(frozen=True)
class Figure:
    """One measured value.

    Attributes
    ----------
    name : str
    value, bar : float
    unit : str
    least : bool
        The bar is the least that is good enough; else the most.
    load : float
        Load average of the machine while it was measured.
    """

    name: str
    value: float
    bar: float
    unit: str
    least: bool
    load: float

    @property
    def good(self) -> bool:
        """Whether it is at the bar or better."""
        return self.value >= self.bar if self.least else self.value <= self.bar


FIGURES: list[Figure] = []


def record(name: str, value: float, bar: float, unit: str = "", *, least: bool = False) -> None:
    """Note a figure; ``bar`` is the most that is allowed, or with ``least`` the least."""
    FIGURES.append(Figure(name, float(value), bar, unit, least, os.getloadavg()[0]))


def table() -> list[str]:
    """Return the figures as lines of text."""
    width = max(len(figure.name) for figure in FIGURES)
    lines = [f"{'figure':{width}}  {'measured':>12}  {'bar':>12}  {'load':>5}"]
    for figure in FIGURES:
        sign = ">=" if figure.least else "<="
        verdict = "" if figure.good else "  BELOW THE BAR"
        measured = f"{figure.value:>8,.1f} {figure.unit:3}"
        bar = f"{sign} {figure.bar:>6,g} {figure.unit:3}"
        lines.append(f"{figure.name:{width}}  {measured}  {bar}  {figure.load:5.1f}{verdict}")
    return lines
