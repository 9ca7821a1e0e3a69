"""Tables that several files ask about."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer


@pytest.fixture
def table():
    return load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture
def mixed():
    """Numbers with gaps, and categories, of which one has gaps as well."""
    rng = np.random.RandomState(0)
    n = 200
    signal = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "age": np.where(rng.rand(n) < 0.1, np.nan, signal),
            "stage": pd.Categorical.from_codes(
                np.where(rng.rand(n) < 0.1, -1, (signal > 0) + rng.randint(2, size=n)),
                ["I", "II", "III"],
            ),
            "sex": pd.Categorical(rng.choice(["f", "m"], n)),
            "noise": rng.normal(size=n),
        }
    )
    return frame, np.where(signal + rng.normal(size=n) > 0, "case", "control")
