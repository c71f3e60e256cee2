"""Chains as ESMFold2 sees them: the stock features of each chain, joined.

``transformers`` makes features of one chain. A complex is the chains' features side by
side with their own chain, entity and copy numbers and residue indices that start again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from foldsight.typing import Ints

if TYPE_CHECKING:
    import torch

#: Atom arrays are padded to a multiple of this.
_ATOM_BLOCK = 32
_PER_TOKEN = ("token_index", "residue_index", "asym_id", "sym_id", "entity_id", "mol_type", "res_type",
              "input_ids", "attention_mask", "distogram_atom_idx", "deletion_mean")  # fmt: skip
_PER_ATOM = ("ref_pos", "ref_element", "ref_charge", "ref_atom_name_chars", "ref_space_uid",
             "atom_attention_mask", "atom_to_token")  # fmt: skip
_PER_ROW = ("msa", "msa_attention_mask", "has_deletion", "deletion_value")


def features(chains: tuple[str, ...], device: torch.device) -> dict[str, torch.Tensor]:
    """Return the network's input for a complex, each tensor with a leading batch of one."""
    import torch
    from transformers.models.esmfold2.protein_utils import prepare_protein_features

    entities = {text: number for number, text in enumerate(dict.fromkeys(chains), start=1)}
    parts = []
    tokens = atoms = 0
    for number, text in enumerate(chains):
        part = prepare_protein_features(text)
        real = part["atom_attention_mask"][0]
        for key in _PER_ATOM:
            part[key] = part[key][:, real]
        part["asym_id"] += number
        part["sym_id"] += chains[:number].count(text)
        part["entity_id"][:] = entities[text]
        for key in ("token_index", "atom_to_token", "ref_space_uid"):
            part[key] += tokens
        part["distogram_atom_idx"] += atoms
        tokens += len(text)
        atoms += int(real.sum())
        parts.append(part)
    joined = {key: torch.cat([part[key] for part in parts], dim=1) for key in (*_PER_TOKEN, *_PER_ATOM)}
    joined |= {key: torch.cat([part[key] for part in parts], dim=-1) for key in _PER_ROW}
    joined |= {key: _padded(joined[key], -atoms % _ATOM_BLOCK) for key in _PER_ATOM}
    joined["token_bonds"] = torch.zeros(1, tokens, tokens, 1)
    return {key: value.to(device) for key, value in joined.items()}


def _padded(value: torch.Tensor, more: int) -> torch.Tensor:
    import torch

    return torch.cat([value, value.new_zeros(1, more, *value.shape[2:])], dim=1)


def atoms(chains: tuple[str, ...]) -> tuple[tuple[str, ...], Ints]:
    """Return the names and residues of the atoms, in the order of the features."""
    from transformers.models.esmfold2.protein_utils import PROTEIN_1TO3, PROTEIN_HEAVY_ATOMS

    names: list[str] = []
    residues: list[int] = []
    for i, aa in enumerate("".join(chains)):
        own = PROTEIN_HEAVY_ATOMS[PROTEIN_1TO3[aa]]
        names += own
        residues += [i] * len(own)
    return tuple(names), np.array(residues, dtype=np.int32)
