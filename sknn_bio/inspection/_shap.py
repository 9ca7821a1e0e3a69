"""SHAP values of whole models, by shap's own explainers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sknn_bio.inspection._rows import as_table, column_names
from sknn_bio.inspection._shap_table import CodedTable, import_shap
from sknn_bio.ondisk import RowsOnDisk

_MOST_EXACT = 8  # columns: twice as many questions for each one more
_NUMBERS = 1 << 23  # of the tables that a model is asked for at once
EXPLAINERS = ("auto", "exact", "permutation")


def shap_values(
    model: Any,
    X: Any,
    background: Any,
    *,
    output: str = "auto",
    explainer: str = "auto",
    n_background: int = 100,
    n_permutations: int = 10,
    random_state: Any = None,
) -> Any:
    """Return the SHAP values of a fitted model, in the columns of its table.

    The model is only asked for answers, so any will do, and the whole of a Pipeline is
    one: columns may be categories, strings or missing.

    Parameters
    ----------
    model : fitted estimator
    X : array-like, DataFrame or sparse matrix of shape (n_samples, n_features)
        The rows to explain; some tens, as each costs thousands of answers.
    background : table of shape (n_rows, n_features)
        Rows that stand for "not known", such as those of the training table.
    output : {"auto", "probability", "raw", "prediction"}, default="auto"
        ``predict_proba``, ``decision_function`` or ``predict``. ``"auto"`` is the
        first that a classifier has, and the prediction for a regressor.
    explainer : {"auto", "exact", "permutation"}, default="auto"
        All subsets of the columns [1]_, or random orders of them [2]_. ``"auto"`` is
        exact up to 8 columns.
    n_background : int, default=100
        Rows of the background that are used, drawn at random where there are more.
    n_permutations : int, default=10
        Orders, each taken forwards and backwards.
    random_state : int, RandomState instance or None, default=None
        Draws the background rows and the orders.

    Returns
    -------
    explanation : shap.Explanation
        ``values`` of shape (n_samples, n_features), of two classes for the second; for
        more classes or several targets (n_samples, n_features, n_outputs).

    Raises
    ------
    ImportError
        If shap is not installed.
    TypeError
        If the model gives no answer of the kind that is asked for.

    See Also
    --------
    integrated_gradients : Thousands of times faster, for networks of this library.

    Notes
    -----
    Columns are replaced by those of the background one by one, as if they were
    independent of each other. Only rows that differ from the background in a column
    are asked for again.

    Columns of very small numbers are told apart exactly, which shap by itself does not
    below 1e-8.

    References
    ----------
    .. [1] Lundberg, S. M. & Lee, S.-I. (2017). A unified approach to interpreting model
       predictions. NeurIPS 30.
    .. [2] Strumbelj, E. & Kononenko, I. (2014). Explaining prediction models and
       individual predictions with feature contributions. Knowledge and Information
       Systems 41, 647-665.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknn_bio import NeuralNetClassifier
    >>> from sknn_bio.inspection import shap_values
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> clf = NeuralNetClassifier(n_members=2, max_epochs=20, random_state=0).fit(X, y)
    >>> shap_values(clf, X[:5], X, random_state=0).values.shape
    (5, 4, 3)
    """
    shap = import_shap()
    check_is_fitted(model)
    if explainer not in EXPLAINERS:
        raise ValueError(f"explainer must be one of {EXPLAINERS}, got {explainer!r}")
    for name, value in (
        ("n_background", n_background),
        ("n_permutations", n_permutations),
    ):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, got {value!r}")
    ask, names = _question(model, output)
    rng = check_random_state(random_state)
    X, background = as_table(X), as_table(background)
    if isinstance(X, RowsOnDisk) or isinstance(background, RowsOnDisk):
        raise TypeError("shap_values needs tables in memory, got one on disk")
    if X.shape[1] != background.shape[1]:
        raise ValueError(
            f"background must have the {X.shape[1]} columns of X, got "
            f"{background.shape[1]}"
        )
    if background.shape[0] > n_background:
        rows = np.sort(rng.choice(background.shape[0], n_background, replace=False))
        is_frame = hasattr(background, "iloc")
        background = background.iloc[rows] if is_frame else background[rows]
    table = CodedTable.of(background, X)
    n_rows, n_features = table.background.shape
    masker = shap.maskers.Independent(table.background, max_samples=n_rows)
    is_exact = explainer == "exact" or (
        explainer == "auto" and n_features <= _MOST_EXACT
    )
    with _global_random_state_kept():
        if is_exact:
            tool = shap.explainers.Exact(table.asked(ask), masker)
            evals = 2**n_features
        else:
            seed = int(rng.randint(2**31))
            tool = shap.explainers.Permutation(table.asked(ask), masker, seed=seed)
            evals = n_permutations * (2 * n_features + 1)
        found = tool(
            table.rows,
            max_evals=evals,
            batch_size=max(1, _NUMBERS // (n_rows * n_features)),
            silent=True,
        )
    return shap.Explanation(
        found.values,
        base_values=found.base_values,
        data=X.toarray() if sparse.issparse(X) else np.asarray(X),
        feature_names=column_names(X, model).tolist(),
        output_names=names if found.values.ndim == 3 else None,
    )


def _question(model: Any, output: str) -> tuple[Callable, list[str] | None]:
    """Return what gives a model's answers (n,) or (n, K), and the names of these."""
    methods = {
        "probability": "predict_proba",
        "raw": "decision_function",
        "prediction": "predict",
    }
    kinds = ["probability", "raw"] if is_classifier(model) else ["prediction"]
    if output != "auto" and output not in kinds:
        raise ValueError(
            f"output must be 'auto' or one of {kinds} for a {type(model).__name__}, "
            f"got {output!r}"
        )
    wanted = [methods[kind] for kind in kinds if output in ("auto", kind)]
    method = next((m for m in wanted if hasattr(model, m)), None)
    if method is None:
        raise TypeError(
            f"shap_values needs a model with {' or '.join(wanted)}, got "
            f"{type(model).__name__}"
        )

    def ask(rows: Any) -> np.ndarray:
        answer = np.asarray(getattr(model, method)(rows))
        # Of two probabilities, the second says it all.
        is_pair = method == "predict_proba" and answer.shape[1] == 2
        return answer[:, 1] if is_pair else answer

    classes = getattr(model, "classes_", None)
    return ask, None if classes is None else [str(label) for label in classes]


@contextmanager
def _global_random_state_kept() -> Iterator[None]:
    """Give NumPy's global generator back as it was: shap seeds it."""
    state = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(state)  # noqa: NPY002
