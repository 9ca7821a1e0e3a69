import numpy as np
import pytest
from scipy import sparse

from sknn_bio.preprocessing._scale import scale_of


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0, 3, 700], "counts"),
        ([0.0, 1.0, 1.0], "counts"),
        ([0, 0.69, 5.2], "logs"),
        ([0, 10.5, 700.0], None),
        ([-1.5, 0, 2.2], None),
        ([-1, 0, 2], None),
        ([0, 0, 0], None),
    ],
)
@pytest.mark.parametrize("kind", [np.array, sparse.csr_matrix, np.asfortranarray])
def test_scale(values, scale, kind):
    assert scale_of(kind([values, values])) == scale
