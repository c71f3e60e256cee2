"""How much the pockets of held-out structures hang on the lattice that thins their points.

    python bench/train_pocket_lattices.py SET_DIR

Networks of points are trained for each fold as ``train_pockets.py`` does, on the lattice that a
structure's own axes give. What they find in structures that they never saw is then printed on six
lattices, that one and five shifted by parts of the spacing; sites are ranked anew on each, by models that
never saw their clusters either. Of ``SET_DIR`` the split ``train`` is used and nothing else. Takes some 20
minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from train_pockets import (
    NOISE,
    NOISY_PER_CLUSTER,
    PER_CLUSTER,
    SITE,
    Candidates,
    assign_folds,
    held_out_points,
    load,
    report,
    score_points,
    train_sites,
)

from foldsight.analysis.pockets.surface import SPACING

#: Parts of the spacing along each axis.
SHIFTS = ((0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0, 0), (0, 0.5, 0.5), (0.25, 0.75, 0.5), (0.75, 0.25, 0))


def main() -> int:
    """Train, and print what is found on each lattice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set_dir", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scorers, fold = [], {}
    for parts in SHIFTS:
        x, y, z = (part * SPACING for part in parts)
        sets = [
            load(args.set_dir, noise, most, (x, y, z))
            for noise, most in ((0, PER_CLUSTER), (NOISE, NOISY_PER_CLUSTER))
        ]
        if not scorers:
            fold = assign_folds(sets[0])
            scorers = held_out_points(*sets, fold)
        for examples in sets:
            score_points(examples, scorers, fold)
        clean, noisy = ([Candidates.of(example) for example in examples] for examples in sets)
        _, logits, noisy_logits = train_sites(clean, noisy, fold, "to_relevant", SITE)
        report(f"lattice shifted by {parts}", clean, logits)
        report(f"lattice shifted by {parts}, with noise", noisy, noisy_logits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
