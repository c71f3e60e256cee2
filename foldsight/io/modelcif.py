"""Writes ModelCIF: mmCIF with the confidence where viewers look for it.

Mol* colours by pLDDT from ``_ma_qa_metric_local`` and nowhere else. Template support gets
a metric of its own, of type *other*, so that no viewer takes it for pLDDT. A structure that
was read from mmCIF keeps every category it came with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foldsight._version import __version__
from foldsight.confidence import Confidence
from foldsight.io.atom_site import put_atom_site
from foldsight.io.entities import Entity, entities_of, full_components, written_label_seq
from foldsight.io.quality import SUPPORT_METRIC
from foldsight.provenance import FoldManifest
from foldsight.structure import Structure
from foldsight.typing import Floats, Ints

if TYPE_CHECKING:
    from gemmi import cif

_MODEL, _SOFTWARE_GROUP = "1", "1"
_MODES = (("1", "global"), ("2", "local"))


def modelcif_text(
    structure: Structure, confidence: Confidence | None = None, manifest: FoldManifest | None = None
) -> str:
    """Return a structure as ModelCIF text.

    Parameters
    ----------
    structure : Structure
    confidence : Confidence, optional
        pLDDT and template support are written as quality metrics and, on 0-100, into the
        B-factor column; B-factors stay what they are.
    manifest : FoldManifest, optional
        Kept in a category of our own, so that reading the file brings it back.
    """
    text: str = modelcif_block(structure, confidence, manifest).as_string()
    return text


def modelcif_block(
    structure: Structure, confidence: Confidence | None = None, manifest: FoldManifest | None = None
) -> cif.Block:
    """Return a structure as a gemmi data block; see :func:`modelcif_text`."""
    label_seq = written_label_seq(structure)
    block = _origin(structure)
    scored = confidence is not None and confidence.kind != "b_factor"
    if block is None:
        entities, of_chain = entities_of(structure, label_seq)
        block = _new_block(structure, entities, of_chain, manifest, computed=scored)
        entity_ids = [entity.id for entity in of_chain]
    else:
        entity_ids = _entity_ids(block, structure, label_seq)
    if confidence is not None and scored:
        put_metrics(block, structure, confidence)
    if manifest is not None:
        text = json.dumps(manifest.to_dict(), indent=1, sort_keys=True)
        block.set_mmcif_category("_foldsight_manifest.", {"json": [text]})
    put_atom_site(block, structure, label_seq, entity_ids, b_column(structure, confidence))
    return block


def _origin(structure: Structure) -> cif.Block | None:
    """Return a fresh block with what the structure was read from, None where there is none."""
    from gemmi import cif

    if isinstance(structure.origin_block, bytes):
        from foldsight.io.bcif_convert import block_of_bytes

        return block_of_bytes(structure.origin_block)
    return cif.read_string(structure.origin_block)[0] if structure.origin_block else None


def b_column(structure: Structure, confidence: Confidence | None) -> Floats:
    """Return what goes into the B-factor column, 0-100 where there is confidence; shape (N,).

    Values per atom, as AlphaFold 3 gives them, are kept where they agree with the residue's.
    """
    b = structure.atoms.b_factor
    if confidence is None or confidence.kind == "b_factor":
        return b
    values = confidence.values
    index = structure.ca_index
    both = np.flatnonzero((index >= 0) & np.isfinite(values))
    for scale in (1.0, 100.0):
        if len(both) and np.abs(b[index[both]] * scale - values[both]).max() < 0.006:
            return (b * np.float32(scale)).astype(np.float32)
    spread = values[structure.atoms.residue]
    return np.where(np.isfinite(spread), spread, b).astype(np.float32)


def _block_name(structure: Structure) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", structure.name).strip("_") or "structure"


def _new_block(
    structure: Structure,
    entities: list[Entity],
    of_chain: list[Entity],
    manifest: FoldManifest | None,
    *,
    computed: bool,
) -> cif.Block:
    from gemmi import cif

    name = _block_name(structure)
    block = cif.Block(name)
    put = _Putter(block)
    put("_entry", id=[name])
    dictionary = "mmcif_ma.dic" if computed else "mmcif_pdbx.dic"
    put("_audit_conform", dict_name=[dictionary])
    put("_struct", entry_id=[name], title=[structure.title or None])
    if structure.method:
        put("_exptl", entry_id=[name], method=[structure.method.upper()])
    if structure.resolution is not None:
        put("_refine", entry_id=[name], pdbx_refine_id=[structure.method.upper() or "?"],
            ls_d_res_high=[f"{structure.resolution:g}"])  # fmt: skip
    _put_entities(put, structure, entities, of_chain)
    if computed:
        _put_model(put, structure, entities, of_chain, manifest)
    return block


class _Putter:
    """Adds categories to a block, one keyword per item."""

    def __init__(self, block: cif.Block) -> None:
        self._block = block

    def __call__(self, category: str, **columns: list[Any]) -> None:
        if columns and len(next(iter(columns.values()))):
            self._block.set_mmcif_category(f"{category}.", columns)


def _put_entities(put: _Putter, structure: Structure, entities: list[Entity], of_chain: list[Entity]) -> None:
    put(
        "_entity",
        id=[e.id for e in entities],
        type=[e.type for e in entities],
        pdbx_description=[_describe(e) for e in entities],
        pdbx_number_of_molecules=[str(len(e.chains)) for e in entities],
    )
    polymers = [entity for entity in entities if entity.type == "polymer"]
    put(
        "_entity_poly",
        entity_id=[e.id for e in polymers],
        type=[e.polymer_type for e in polymers],
        nstd_monomer=["no" if "X" not in e.letters else "yes" for e in polymers],
        pdbx_seq_one_letter_code_can=[e.letters for e in polymers],
        pdbx_strand_id=[",".join(dict.fromkeys(c.auth or c.label for c in e.chains)) for e in polymers],
    )
    rows = [row for entity in polymers for row in _sequence_rows(entity)]
    put("_entity_poly_seq", entity_id=[r[0] for r in rows], num=[str(r[1]) for r in rows],
        mon_id=[r[2] for r in rows], hetero=[r[3] for r in rows])  # fmt: skip
    chains = structure.chains
    put("_struct_asym", id=[c.label for c in chains], entity_id=[e.id for e in of_chain])


def _describe(entity: Entity) -> str:
    if entity.type == "polymer":
        return f"{entity.kind}, {len(entity.components)} residues"
    return "water" if entity.kind == "water" else " ".join(entity.components[:5]) or "ligand"


def _sequence_rows(entity: Entity) -> list[tuple[str, int, str, str]]:
    others: dict[int, list[str]] = {}
    for position, name in entity.alternates:
        others.setdefault(position, []).append(name)
    rows: list[tuple[str, int, str, str]] = []
    for position, name in enumerate(full_components(entity), start=1):
        hetero = "y" if position in others else "n"
        rows.extend((entity.id, position, each, hetero) for each in (name, *others.get(position, [])))
    return rows


def _put_model(
    put: _Putter,
    structure: Structure,
    entities: list[Entity],
    of_chain: list[Entity],
    manifest: FoldManifest | None,
) -> None:
    engine, version = (manifest.engine, manifest.engine_version) if manifest else ("FoldSight", __version__)
    homology = manifest is not None and manifest.origin == "homology"
    put("_software", pdbx_ordinal=["1"], name=[engine], version=[version or None],
        type=["package"], classification=["model building"],
        description=["Homology structure" if homology else "Structure prediction"])  # fmt: skip
    put("_ma_software_group", ordinal_id=["1"], group_id=[_SOFTWARE_GROUP], software_id=["1"])
    put("_ma_data", id=["1"], name=["Coordinates"], content_type=["model coordinates"])
    put("_ma_model_list", ordinal_id=["1"], model_id=[_MODEL], model_group_id=["1"],
        model_name=[structure.name], data_id=["1"],
        model_type=["Homology model" if homology else "Ab initio model"])  # fmt: skip
    polymers = [entity for entity in entities if entity.type == "polymer"]
    put("_ma_target_entity", entity_id=[e.id for e in polymers], data_id=["1"] * len(polymers),
        origin=["designed"] * len(polymers))  # fmt: skip
    pairs = [(c, e) for c, e in zip(structure.chains, of_chain, strict=True) if e.type == "polymer"]
    put("_ma_target_entity_instance", asym_id=[c.label for c, _ in pairs], entity_id=[e.id for _, e in pairs],
        details=[None] * len(pairs))  # fmt: skip


def put_metrics(block: cif.Block, structure: Structure, confidence: Confidence) -> None:
    """Write ``_ma_qa_metric`` and its values, unless the block gives the same already."""
    table = structure.residues
    rows = np.flatnonzero(np.isfinite(confidence.values) & (table.label_seq > 0))
    labels = [structure.chains[int(i)].label for i in table.chain[rows]]
    if _agrees(block, confidence, labels, table.label_seq[rows], confidence.values[rows]):
        return
    put = _Putter(block)
    is_plddt = confidence.kind == "plddt"
    name, kind = ("pLDDT", "pLDDT") if is_plddt else (SUPPORT_METRIC, "other")
    details = None if is_plddt else "Estimated lDDT x 100 of a homology structure; not pLDDT."
    metrics: list[tuple[str | None, ...]] = [(i, mode, name, kind, details) for i, mode in _MODES]
    values = [("1", f"{confidence.mean:.2f}")] if np.isfinite(confidence.mean) else []
    if confidence.ptm is not None:
        metrics.append(("3", "global", "pTM", "pTM", None))
        values.append(("3", f"{confidence.ptm:.4f}"))
    group = _SOFTWARE_GROUP if block.find_values("_ma_software_group.group_id") else None
    items = ("id", "mode", "name", "type", "type_other_details")
    put(
        "_ma_qa_metric",
        **{item: [metric[i] for metric in metrics] for i, item in enumerate(items)},
        software_group_id=[group] * len(metrics),
    )
    put(
        "_ma_qa_metric_global",
        ordinal_id=_ordinals(values),
        model_id=[_MODEL] * len(values),
        metric_id=[value[0] for value in values],
        metric_value=[value[1] for value in values],
    )
    put(
        "_ma_qa_metric_local",
        ordinal_id=_ordinals(labels),
        model_id=[_MODEL] * len(rows),
        label_asym_id=labels,
        label_seq_id=[str(i) for i in table.label_seq[rows].tolist()],
        label_comp_id=table.name[rows].tolist(),
        metric_id=["2"] * len(rows),
        metric_value=[f"{v:.2f}" for v in confidence.values[rows].tolist()],
    )


def _ordinals(rows: Sequence[object]) -> list[str]:
    return [str(i) for i in range(1, len(rows) + 1)]


def _agrees(
    block: cif.Block, confidence: Confidence, labels: list[str], label_seq: Ints, values: Floats
) -> bool:
    """Whether the block's own local pLDDT is this confidence."""
    local = block.find("_ma_qa_metric_local.", ["label_asym_id", "label_seq_id", "metric_value"])
    if confidence.kind != "plddt" or len(local) != len(values):
        return False
    wanted = {(a, str(b)): v for a, b, v in zip(labels, label_seq.tolist(), values.tolist(), strict=True)}
    try:
        return all(abs(wanted[row.str(0), row.str(1)] - float(row.str(2))) < 0.006 for row in local)
    except (KeyError, ValueError):
        return False


def _entity_ids(block: cif.Block, structure: Structure, label_seq: Ints) -> list[str]:
    """Return the entity id of each chain, from the block where it says so."""
    known = {row.str(0): row.str(1) for row in block.find("_struct_asym.", ["id", "entity_id"])}
    if not known:
        columns = block.find("_atom_site.", ["label_asym_id", "label_entity_id"])
        known = {row.str(0): row.str(1) for row in columns}
    if all(chain.label in known for chain in structure.chains):
        return [known[chain.label] for chain in structure.chains]
    entities, of_chain = entities_of(structure, label_seq)
    _put_entities(_Putter(block), structure, entities, of_chain)
    return [entity.id for entity in of_chain]
