"""Every colour that FoldSight gives to structures, as ``#RRGGBB``; the one place they are written.

The front end holds no palette of its own: it gets these with the scene.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Names of palettes, in the order in which they are offered.
ALPHAFOLD = "alphafold"
STANDARD = "standard"
SAFE = "colour-blind safe"

#: AlphaFold DB's colours, from very high to very low pLDDT.
PLDDT: Mapping[str, tuple[str, ...]] = {
    ALPHAFOLD: ("#0053D6", "#65CBF3", "#FFDB13", "#FF7D45"),
    # Blue to brown through pale steps: told apart by every kind of colour vision, on white and on black.
    SAFE: ("#2166AC", "#8EC3E6", "#FDB863", "#B35806"),
}

#: Template support is not pLDDT: green to purple, which no reader takes for AlphaFold's colours
#: and every kind of colour vision tells apart (after ColorBrewer's PRGn).
TEMPLATE_SUPPORT: Mapping[str, tuple[str, ...]] = {
    STANDARD: ("#00803E", "#7FBF7B", "#C9A8D8", "#8C3FA0"),
}

#: Okabe and Ito (2008), black left out; safe for all common kinds of colour vision.
_OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
_MORE_CHAINS = ("#6A3D9A", "#8C564B", "#17BECF", "#7F7F7F", "#BCBD22", "#1B9E77", "#A6761D")

CHAINS: Mapping[str, tuple[str, ...]] = {STANDARD: _OKABE_ITO + _MORE_CHAINS}

#: Helix, strand, coil.
SECONDARY: Mapping[str, tuple[str, ...]] = {
    STANDARD: ("#E0457B", "#F2B705", "#B8BCC4"),
    SAFE: ("#D55E00", "#0072B2", "#B8BCC4"),
}

#: Low to high, for values without bands (B-factors, scores); viridis in eight steps.
RAMP: Mapping[str, tuple[str, ...]] = {
    STANDARD: ("#440154", "#46327E", "#365C8D", "#277F8E", "#1FA187", "#4AC16D", "#A0DA39", "#FDE725"),
}

#: Below to above a centre (ddG): blue through a pale grey to red-brown, told apart by every kind
#: of colour vision; the middle stays visible on white and on black.
DIVERGING: Mapping[str, tuple[str, ...]] = {
    STANDARD: (
        "#1B4F9C", "#2F74BD", "#6BA3D6", "#A3C6E3", "#C9CDD2", "#E9BE97", "#E08F55", "#C75B24", "#8F2D0E",
    ),
}  # fmt: skip

#: Water-loving to water-fearing: teal through pale grey to ochre.
HYDROPHOBICITY: Mapping[str, tuple[str, ...]] = {
    STANDARD: (
        "#0B6E74", "#3A969A", "#7FBDBE", "#B5D3D2", "#CFCFC8", "#E3CD9B", "#D9AC5A", "#BF8428", "#8A5A0B",
    ),
}  # fmt: skip

#: Low to high predicted aligned error: dark where two residues are sure of each other.
PAE = ("#0B3B2E", "#17624B", "#2B8A66", "#5BAE86", "#93CDAA", "#C4E4CD", "#E6F3E8", "#F7FBF7")

#: A residue without a class.
NONE = "#AAAAAA"


def cycled(palette: Mapping[str, tuple[str, ...]], count: int) -> dict[str, tuple[str, ...]]:
    """Return the palette with ``count`` colours each, beginning again when they run out.

    >>> len(cycled(CHAINS, 20)["standard"])
    20
    """
    return {name: tuple(colors[i % len(colors)] for i in range(count)) for name, colors in palette.items()}
