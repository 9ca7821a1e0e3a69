import numpy as np
import pandas as pd
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from sklearn.dummy import DummyClassifier, DummyRegressor  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.naive_bayes import GaussianNB  # noqa: E402

from sknn_bio.model_selection import compare  # noqa: E402


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def history(last):
    """Return the history of a network of two members."""
    rows = [
        (member, epoch, 1 / epoch, 0.5 + abs(epoch - 4) / 10)
        for member in range(2)
        for epoch in range(1, last + 1)
    ]
    return pd.DataFrame(rows, columns=["member", "epoch", "train_loss", "valid_loss"])


def table(n_samples, names):
    rng = np.random.default_rng(0)
    y = np.arange(n_samples) % 2
    values = rng.normal(size=(n_samples, 3)) + 0.8 * y[:, None]
    return pd.DataFrame(values, columns=names), y


@pytest.fixture(scope="session")
def binary():
    """Three models on 120 patients, with subgroups and the history of a network."""
    X, y = table(120, ["age", "marker", "dose"])
    X["sex"] = np.where(np.arange(120) % 3, "f", "m")
    models = {
        "dummy": DummyClassifier(),
        "logistic": in_columns(LogisticRegression()),
        "bayes": in_columns(GaussianNB()),
    }
    y = np.where(y == 1, "ill", "well")
    found = compare(models, X, y, cv=3, n_repeats=2, subgroups=["sex"], pos_label="ill")
    found.histories = {"bayes": [history(6), history(8)]}
    return found


def in_columns(model):
    """Return a Pipeline that leaves the column of strings out."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline

    kept = make_column_transformer(("passthrough", ["age", "marker", "dose"]))
    return make_pipeline(kept, model)


@pytest.fixture(scope="session")
def multiclass():
    X, y = table(90, ["a", "b", "c"])
    y = np.where(np.arange(90) % 3 == 2, "C", np.where(y == 1, "B", "A"))
    return compare({"bayes": GaussianNB(), "dummy": DummyClassifier()}, X, y, cv=3)


@pytest.fixture(scope="session")
def regression():
    X, _ = table(90, ["a", "b", "c"])
    y = X.sum(axis=1) + np.random.default_rng(1).normal(size=90)
    return compare({"ridge": Ridge(), "dummy": DummyRegressor()}, X, y, cv=3)


HOSTILE = "</script><script>alert(1)</script>"
BRACES = "{{ 7 * 7 }} & \"'$x_1$"


class Broken(LogisticRegression):
    def fit(self, X, y):
        raise ValueError(f"cannot fit {HOSTILE}")


@pytest.fixture(scope="session")
def hostile():
    """Names of models, columns, classes and groups that would break a page."""
    X, y = table(200, [HOSTILE, BRACES, "_hidden"])
    X[BRACES] = (X[BRACES] > 0).astype(float)
    y = np.where(y == 1, HOSTILE, BRACES)
    models = {
        HOSTILE: LogisticRegression(),
        "_x $\\frac{$": GaussianNB(),
        "b": Broken(),
    }
    cohort = X.iloc[120:] * 9, y[120:]
    with pytest.warns(UserWarning, match="b failed in 1 of 1 folds"):
        found = compare(
            models,
            X.iloc[:120],
            y[:120],
            test=cohort,
            subgroups=[BRACES],
            groups=pd.Series(np.arange(120) // 2, name="<img src=x>"),
        )
    return found
