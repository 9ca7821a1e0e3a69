"""Wrong inputs: one line that says the rule and the fact."""

import numpy as np
import pytest
import torch
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

RNG = np.random.RandomState(0)
X = RNG.normal(size=(40, 3))
Y = np.arange(40) % 2


def spoilt(value):
    bad = X.copy()
    bad[3, 1] = value
    return bad


class OneColumn(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.head = nn.Linear(d_in, d_out)

    def forward(self, x):
        return self.head(x).squeeze(1)


def net(**params):
    return NeuralNetBinaryClassifier(
        **{"max_epochs": 2, "n_members": 2, "n_neurons": 4, **params}
    )


DATA = {
    "inf": (spoilt(np.inf), Y, "contains infinity"),
    "empty": (X[:0], Y[:0], "Found array with 0 sample"),
    "no columns": (X[:, :0], Y, r"0 feature\(s\)"),
    "one class": (X, np.ones(40), "greater than one; got 1 class"),
    "three classes": (X, np.arange(40) % 3, "Only binary classification"),
    "lengths": (X, Y[:-1], "inconsistent numbers of samples"),
    "NaN label": (X, np.where(Y, 1.0, np.nan), "contains NaN"),
    "continuous": (X, RNG.normal(size=40), "Unknown label type: continuous"),
    "words": (X.astype(str) + "a", Y, "could not convert string to float"),
    "1d": (X[:, 0], Y, "Expected 2D array"),
    "complex": (X + 1j, Y, "Complex data not supported"),
}


@pytest.mark.parametrize("case", sorted(DATA))
def test_data(case):
    bad, y, message = DATA[case]
    with pytest.raises(ValueError, match=message) as error:
        net().fit(bad, y)
    assert len(str(error.value).splitlines()[0]) < 200


PARAMETERS = [
    ({"n_neurons": 0}, "'n_neurons'.*Got 0"),
    ({"n_neurons": (8, 0)}, r"n_neurons must hold integers >= 1, got \(8, 0\)"),
    ({"n_neurons": "many"}, "'n_neurons'.*Got 'many'"),
    ({"n_layers": -1}, "'n_layers'.*Got -1"),
    ({"lr": -1}, "'lr'.*Got -1"),
    ({"lr": 0.0}, "'lr'.*Got 0.0"),
    ({"dropout": 1.0}, "'dropout'.*Got 1.0"),
    ({"dropout": 1.5}, "'dropout'.*Got 1.5"),
    ({"weight_decay": -0.1}, "'weight_decay'.*Got -0.1"),
    ({"max_epochs": 0}, "'max_epochs'.*Got 0"),
    ({"batch_size": 0}, "'batch_size'.*Got 0"),
    ({"n_members": 0}, "'n_members'.*Got 0"),
    ({"validation": 1.2}, "'validation'.*Got 1.2"),
    ({"activation": "rellu"}, "'activation'.*Got 'rellu'"),
    ({"optimizer": "adamm"}, "'optimizer'.*Got 'adamm'"),
    ({"loss": "squared_error"}, "'loss'.*Got 'squared_error'"),
    ({"monitor": "r2"}, "'monitor'.*Got 'r2'"),
    ({"lr_schedule": "linear"}, "'lr_schedule'.*Got 'linear'"),
    ({"random_state": "x"}, "'random_state'.*Got 'x'"),
    ({"module_params": {"a": 1}}, "module_params needs module, got module=None"),
    ({"module": int}, "must be a torch.nn.Module class, got .*int"),
    ({"callbacks": [5]}, "must hold skorch callbacks, got 5"),
    ({"loss_params": {"gama": 1}}, r"options of 'cross_entropy', got \['gama'\]"),
    ({"class_weight": {0: -1}}, "class_weight must be >= 0, got -1 for 0"),
    ({"class_weight": {7: 1.0}}, "class_weight must name classes of y, got 7"),
    ({"device": "cuda:99"}, "device must be .* got 'cuda:99'"),
    ({"device": "nonsense"}, "device must be .* got 'nonsense'"),
    ({"module": OneColumn}, r"must return shape \(n_rows, 1\), got \(2,\)"),
]


@pytest.mark.parametrize(("params", "message"), PARAMETERS)
def test_parameters(params, message):
    with pytest.raises(ValueError, match=message) as error:
        net(**params).fit(X, Y)
    assert "\n" not in str(error.value)


def test_weights():
    for weight, message in (
        (np.r_[-1, np.ones(39)], "Negative values in data passed to `sample_weight`"),
        (np.zeros(40), "at least one non-zero number|positive for some rows"),
        (np.ones(39), r"sample_weight.shape == \(39,\)"),
        (np.r_[np.nan, np.ones(39)], "contains NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            net().fit(X, Y, sample_weight=weight)


def test_columns_at_predict():
    import pandas as pd

    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    fitted = net().fit(frame, Y)
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame[["a", "c", "b"]])
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(frame.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="X has 2 features"):
        net().fit(X, Y).predict(X[:, :2])
    with pytest.raises(ValueError, match="contains infinity"):
        net().fit(X, Y).predict(spoilt(np.inf))


def test_validation_data():
    with pytest.raises(ValueError, match="must be given together"):
        net().fit(X, Y, X_val=X)
    with pytest.raises(ValueError, match="X has 2 features"):
        net().fit(X, Y, X_val=X[:, :2], y_val=Y)
    with pytest.raises(ValueError, match=r"must hold the classes \[0, 1\], got \[2\]"):
        net().fit(X, Y, X_val=X[:3], y_val=[0, 1, 2])


def test_regression_targets():
    reg = NeuralNetRegressor(max_epochs=2, n_members=2)
    with pytest.raises(ValueError, match="contains infinity"):
        reg.fit(X, np.where(Y, 1.0, np.inf))
    with pytest.raises(ValueError, match="y must be >= 0 for loss='poisson', got -1"):
        reg.set_params(loss="poisson").fit(X, Y - 1.0)


def test_before_fit():
    for name in ("predict", "predict_proba", "decision_function", "predict_members"):
        with pytest.raises(ValueError, match="not fitted yet"):
            getattr(net(), name)(X)
    with pytest.raises(ValueError, match="not fitted yet"):
        net().net_  # noqa: B018


def test_partial_fit_needs_its_classes_and_keeps_them():
    clf = NeuralNetClassifier(n_members=1, n_neurons=4)
    with pytest.raises(ValueError, match="classes must be passed"):
        clf.partial_fit(X, Y)
    clf.partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="classes must be those of the first call"):
        clf.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"must hold the classes .* got \[5\]"):
        clf.partial_fit(X, Y + 5 * (np.arange(40) == 0))
    with pytest.raises(ValueError, match="X has 2 features"):
        clf.partial_fit(X[:, :2], Y)


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_a_loss_that_is_not_a_number_says_what_to_try(n_members, early_stopping):
    reg = NeuralNetRegressor(
        optimizer="sgd", lr=1e30, max_epochs=5, n_members=n_members,
        early_stopping=early_stopping, random_state=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"epoch \d at lr=1e\+30; try a lower lr"):
        reg.fit(X, X[:, 0])
    assert not hasattr(reg, "population_")


def test_a_late_nan_keeps_the_best_weights_and_warns():
    class Exploding(torch.optim.SGD):
        steps = 0

        def step(self, closure=None):
            Exploding.steps += 1
            super().step(closure)
            if Exploding.steps > 20:
                for group in self.param_groups:
                    for p in group["params"]:
                        p.fill_(float("nan"))

    clf = net(n_members=1, max_epochs=30, optimizer=Exploding, lr=0.1)
    with pytest.warns(RuntimeWarning, match="infinite or NaN.*best weights"):
        clf.fit(X, Y)
    assert np.isfinite(clf.predict_proba(X)).all()
    assert clf.n_iter_ < 30
