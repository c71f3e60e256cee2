"""FASTA in: many records, chains joined by ``:``, every fault named by its place.

What is accepted and normalised: lower case, line ends of every kind, blank lines,
white space inside lines, a byte-order mark, ``;`` comment lines, one ``*`` (or more) at
the very end of a chain, and gzip. A note is kept wherever something was dropped.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from foldsight.errors import BadSequence, NotFound
from foldsight.sequence import ALPHABET, CHAIN_JOIN, MAX_RESIDUES, Query, bad_letter, check_lengths

#: Largest FASTA text that is read, after decompression.
MAX_BYTES = 32 * 1024 * 1024
#: Most records of one file.
MAX_RECORDS = 10_000
#: Longest name that is kept of a header.
MAX_NAME = 120

_LINE_END = re.compile(r"\r\n|\n|\r|\x0b|\x0c|\x85|\u2028|\u2029")
_BAD = re.compile(rf"[^{ALPHABET}]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def read_fasta(
    source: str | Path | bytes, *, name: str | None = None, limit: int = MAX_RESIDUES
) -> list[Query]:
    """Read FASTA from a path, bytes (plain or gzip) or text that holds a ``>``.

    Parameters
    ----------
    source : str, Path or bytes
        A ``str`` that contains a line end or starts with ``>`` is text, any other is
        a path.
    name : str, optional
        What to call the source in messages; by default the file name or ``FASTA``.
    limit : int, optional
        Most residues of one record.

    Returns
    -------
    list of Query
        One per record, in file order.

    Raises
    ------
    NotFound
        When the path does not exist.
    BadSequence
        Naming file, record, line, column and residue of the first fault.
    """
    if isinstance(source, str) and _is_text(source):
        return parse_fasta(source, name=name or "FASTA", limit=limit)
    if isinstance(source, bytes):
        return parse_fasta(_decode(source, name or "FASTA"), name=name or "FASTA", limit=limit)
    path = Path(source).expanduser()
    return parse_fasta(_decode(_load(path), name or path.name), name=name or path.name, limit=limit)


def _is_text(source: str) -> bool:
    return source.lstrip("\ufeff \t").startswith((">", ";")) or _LINE_END.search(source) is not None


def _load(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise BadSequence(f"{path} is a folder, not a FASTA file.", hint="Name one file in it.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path.", file=str(path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadSequence(f"{path} cannot be read: {why}.", file=str(path)) from None
    return data


def _decode(data: bytes, name: str) -> str:
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data, name)
    if len(data) > MAX_BYTES:
        raise BadSequence(
            f"{name} is larger than {MAX_BYTES // 2**20} MB.", hint="Split it into smaller files.", file=name
        )
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadSequence(f"{name} is UTF-16 text.", hint="Save it as UTF-8 or plain ASCII.", file=name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    control = _CONTROL.search(text)
    if control:
        raise BadSequence(
            f"{name} is not text: byte {control.start() + 1} is the control character "
            f"U+{ord(control.group()):04X}.",
            hint="Give a FASTA file: a line with >name, then the sequence.",
            file=name,
        )
    return text


def _gunzip(data: bytes, name: str) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(data, MAX_BYTES + 1)
    except zlib.error:
        raise BadSequence(f"{name} is a damaged gzip file.", hint="Compress it again.", file=name) from None
    if len(text) > MAX_BYTES:
        raise BadSequence(
            f"{name} unpacks to more than {MAX_BYTES // 2**20} MB.",
            hint="Give the sequences themselves, in smaller files.",
            file=name,
        )
    if not inflater.eof:
        raise BadSequence(f"{name} is a gzip file that ends too early.", hint="Copy it again.", file=name)
    return text


@dataclass
class _Record:
    """One record while it is read."""

    number: int
    name: str
    where: str
    limit: int
    chains: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stop: tuple[int, int] | None = None
    pieces: list[str] = field(default_factory=list)

    def add(self, text: str, line: int) -> None:
        """Take one line of sequence."""
        for column, piece in _pieces(text):
            if piece == CHAIN_JOIN:
                self._end_chain()
            else:
                self._residues(piece.upper(), line, column)

    def _residues(self, letters: str, line: int, column: int) -> None:
        body = letters.rstrip("*")
        if body and self.stop is not None:
            raise self._fault("*", *self.stop)
        bad = _BAD.search(body)
        if bad:
            self.pieces.append(body[: bad.start()])
            raise self._fault(bad.group(), line, column + bad.start())
        self.pieces.append(body)
        if len(body) < len(letters):
            self.stop = self.stop or (line, column + len(body))

    def _fault(self, letter: str, line: int, column: int) -> BadSequence:
        residue = sum(map(len, self.pieces)) + 1
        where = f"{self.where}, line {line}"
        return bad_letter(letter, where, record=self.number, line=line, column=column, residue=residue)

    def _end_chain(self) -> None:
        self.chains.append("".join(self.pieces))
        self.pieces.clear()
        if self.stop is not None:
            self.notes.append(
                f"{self.where}: dropped the stop (*) at the end of chain {len(self.chains)}, "
                f"line {self.stop[0]}."
            )
            self.stop = None

    def query(self) -> Query:
        """Return what was read once it has passed the rules of length."""
        self._end_chain()
        chains = tuple(self.chains)
        check_lengths(chains, self.where, limit=self.limit)
        return Query(self.name, chains, tuple(self.notes))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield ``(column from 1, run of letters or ':')`` of one line."""
    for match in re.finditer(rf"[^\s{CHAIN_JOIN}]+|{CHAIN_JOIN}", text):
        yield match.start() + 1, match.group()


def parse_fasta(text: str, *, name: str = "FASTA", limit: int = MAX_RESIDUES) -> list[Query]:
    """Parse FASTA text; see :func:`read_fasta`.

    Examples
    --------
    >>> [(q.name, q.chains) for q in parse_fasta(">a one\\nmktay\\nIAKQR*\\n")]
    [('a', ('MKTAYIAKQR',))]
    """
    if len(text) > MAX_BYTES:
        raise BadSequence(f"{name} is larger than {MAX_BYTES // 2**20} MB.", hint="Split it.", file=name)
    queries: list[Query] = []
    record: _Record | None = None
    for line, content in enumerate(_LINE_END.split(text.removeprefix("\ufeff")), start=1):
        if content.startswith(">"):
            if record is not None:
                queries.append(record.query())
            record = _start(content, len(queries) + 1, line, name, limit)
        elif content.startswith(";"):
            _note_comment(record, line)
        elif content.strip():
            if record is None:
                raise _no_header(content, line, name)
            record.add(content, line)
    if record is None:
        raise BadSequence(
            f"{name} is empty: it holds no sequence.",
            hint="Write a line >name, then the sequence.",
            file=name,
        )
    queries.append(record.query())
    return queries


def _start(header: str, number: int, line: int, name: str, limit: int) -> _Record:
    if number > MAX_RECORDS:
        raise BadSequence(f"{name} has more than {MAX_RECORDS:,} records.", hint="Split it.", file=name)
    words = header[1:].split()
    label = _short_name(words[0]) if words else f"record-{number}"
    record = _Record(number, label, f"{name}, record {number} ({label})", limit)
    if not words:
        record.notes.append(f"{name}: the header on line {line} has no name; called {label}.")
    return record


def _short_name(word: str) -> str:
    """Return the name in a header word; UniProt's ``sp|P04637|P53_HUMAN`` gives ``P53_HUMAN``."""
    parts = [part for part in word.split("|") if part]
    if len(parts) == 3 and parts[0] in ("sp", "tr"):
        return parts[2][:MAX_NAME]
    return word[:MAX_NAME]


def _note_comment(record: _Record | None, line: int) -> None:
    if record is not None:
        record.notes.append(f"{record.where}: dropped the comment on line {line}.")


def _no_header(content: str, line: int, name: str) -> BadSequence:
    return BadSequence(
        f"{name}, line {line}: {content.strip()[:20]!r} stands before any header.",
        hint="Put a line such as >my-protein above the sequence.",
        file=name,
        line=line,
    )
