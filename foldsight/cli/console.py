"""Where messages and progress go: standard error, so that standard output holds the answer alone."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from typing import TextIO

_BAR = 24


@dataclass
class Console:
    """Messages to people.

    Parameters
    ----------
    stream : text stream, optional
        Standard error by default.
    live : bool, optional
        Whether progress is drawn; on a terminal only, by default.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    live: bool | None = None
    _drawn: bool = False

    def __post_init__(self) -> None:
        if self.live is None:
            self.live = self.stream.isatty()

    def say(self, text: str) -> None:
        """Print a message on a line of its own."""
        self.clear()
        print(text, file=self.stream, flush=True)

    def progress(self, fraction: float, text: str) -> None:
        """Draw the progress bar; where there is no terminal, nothing."""
        if not self.live:
            return
        share = min(max(fraction, 0.0), 1.0)
        full = round(share * _BAR)
        line = f"{'█' * full}{'░' * (_BAR - full)} {100 * share:3.0f} %  {text}"
        width = shutil.get_terminal_size().columns - 1
        self.stream.write("\r\x1b[K" + _printable(line, self.stream)[:width])
        self.stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Take the progress bar away."""
        if self._drawn:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
            self._drawn = False

    def ask(self, question: str) -> bool:
        """Ask for yes or no; no where nobody can answer."""
        if not (self.stream.isatty() and sys.stdin is not None and sys.stdin.isatty()):
            return False
        self.clear()
        self.stream.write(f"{question} [y/N] ")
        self.stream.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def _printable(line: str, stream: TextIO) -> str:
    """Replace what the terminal's encoding does not have."""
    encoding = stream.encoding or "utf-8"
    return line.encode(encoding, errors="replace").decode(encoding)
