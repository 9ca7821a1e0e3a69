"""The open expression tables of ``explanations.py``, and what was published of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

# The 50 genes of figure 3B of Golub et al. (1999), Science 286, 531-537, by GenBank
# accession: 25 that are higher in ALL, 25 that are higher in AML. On the 72 samples
# here, all 50 differ in the direction that the figure says.
GOLUB = """
U22376 X59417 U05259 M92287 M31211 X74262 D26156 S50223 M31523 L47738 U32944 Z15115
X15949 X63469 M91432 U29175 Z69881 U20998 D38073 U26266 M31303 Y08612 U35451 M29696
M13792
M55150 X95735 U50136 M16038 U82759 M23197 M84526 Y12670 M27891 X17042 Y00787 M96326
U46751 M80254 L08246 M62762 M28130 M63138 M57710 M69043 M81695 X85116 M19045 M83652
X04085
""".split()
# Affymetrix' average differences below this are noise (Dudoit et al. 2002).
FLOOR, CEILING = 100.0, 16_000.0


def log_expression(data: pd.DataFrame) -> pd.DataFrame:
    """Return log2 intensities between the floor and the ceiling, of genes that vary."""
    logs = np.log2(data.clip(FLOOR, CEILING))
    return logs.loc[:, logs.nunique() > 1]


def signature(name: str, columns: pd.Index) -> list[str]:
    """Return the published genes among the columns, where these say which they are.

    The columns of the colon and prostate tables have numbers for names.
    """
    if name != "leukemia_golub":
        return []
    return [c for c in columns if c.split("_")[0] in GOLUB]
