"""Whatever is done to a file, reading gives a structure or a refusal, and nothing else."""

from __future__ import annotations

import gzip
import json
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foldsight.confidence import Confidence
from foldsight.engines.build import build
from foldsight.errors import Refused
from foldsight.io import read
from foldsight.io.pae import read_pae
from foldsight.io.writing import encode
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest

LIMITS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def samples() -> dict[str, bytes]:
    """Return a small prediction in every format."""
    values = np.array([91, 70, 50.5], dtype=np.float32)
    coord = np.arange(36, dtype=np.float64).reshape(12, 3) / 7
    residue = np.repeat(np.arange(3, dtype=np.int32), 4)
    structure = build("toy", ["AC", "D"], ["N", "CA", "C", "O"] * 3, residue, coord, values)
    manifest = FoldManifest("toy", "1", "predicted", "key")
    prediction = Prediction(structure, Confidence("plddt", values), manifest)
    return {kind: encode(prediction, kind) for kind in ("pdb", "cif", "bcif")}


SAMPLES = samples()
WORDS = b"? nan ' \" ; - # 99999999999 1e999 data_x loop_ _atom_site.id ANISOU \xff \x1f\x8b \x00".split(b" ")
JUNK = [*WORDS, b"\n", b"\n;", b"MODEL \n", b"TER\n", b"data_x\n", b"loop_\n"]

Edits = list[tuple[float, int, bytes]]
edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 40),
        st.one_of(st.sampled_from(JUNK), st.binary(max_size=4)),
    ),
    max_size=6,
)


def edited(data: bytes, changes: Edits) -> bytes:
    """Replace ``count`` bytes at each relative position by something else."""
    for where, count, new in changes:
        at = int(where * len(data))
        data = data[:at] + new + data[at + count :]
    return data


def settle(data: bytes) -> None:
    """Read, and write what was read: a value or a refusal."""
    try:
        found = read(data, name="f")
        for kind in ("pdb", "cif"):
            again = read(encode(found, kind))
            first, second = (getattr(item, "structure", item) for item in (found, again))
            assert len(first.atoms) == len(second.atoms)
    except Refused:
        return


@pytest.mark.parametrize("kind", sorted(SAMPLES))
@LIMITS
@given(changes=edits)
def test_edited_files(kind: str, changes: Edits) -> None:
    settle(edited(SAMPLES[kind], changes))


@pytest.mark.parametrize("kind", sorted(SAMPLES))
@LIMITS
@given(where=st.floats(0, 1), packed=st.booleans())
def test_cut_files(kind: str, where: float, packed: bool) -> None:
    data = gzip.compress(SAMPLES[kind]) if packed else SAMPLES[kind]
    settle(data[: int(where * len(data))])


@LIMITS
@given(data=st.binary(max_size=300))
def test_noise(data: bytes) -> None:
    settle(data)
    settle(b"data_x\nloop_\n_atom_site.Cartn_x\n" + data)
    settle(b"ATOM  " + data)


KINDS = ["RunLength", "Delta", "ByteArray", "StringArray", "FixedPoint", "IntegerPacking"]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=9),
    st.just([]),
    st.just({}),
    st.sampled_from(KINDS),
)


def spots(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in nested lists and dicts."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = [path] if path else []
    for key, item in items:
        found += spots(item, (*path, key))
    return found


PATHS = spots(msgspec.msgpack.decode(SAMPLES["bcif"]))


@LIMITS
@given(path=st.sampled_from(PATHS), value=values, drop=st.booleans())
def test_forged_binary_files(path: tuple[Any, ...], value: Any, drop: bool) -> None:
    document = msgspec.msgpack.decode(SAMPLES["bcif"])
    node = document
    for key in path[:-1]:
        node = node[key]
    if drop:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    settle(msgspec.msgpack.encode(document))


@LIMITS
@given(changes=edits, value=values)
def test_error_matrices(changes: Edits, value: Any) -> None:
    good = json.dumps({"pae": [[0.5, 1.5], [2.5, 0.5]], "ptm": 0.5}).encode()
    texts = [edited(good, changes)]
    if not isinstance(value, bytes) and value == value:
        texts.append(json.dumps({"pae": value, "token_chain_ids": value, "ptm": value}).encode())
    for text in texts:
        try:
            read_pae(text)
        except Refused:
            continue
