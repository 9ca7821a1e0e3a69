"""Repeatability, weights, going on, and leaving the process as it was."""

import threading

import numpy as np
import pytest
import torch
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

RNG = np.random.RandomState(0)
X = RNG.normal(size=(90, 4))
Y = (X[:, 0] + 0.5 * RNG.normal(size=90) > 0).astype(int)


class Small(nn.Module):
    def __init__(self, d_in, d_out, width=4):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, width), nn.ReLU(), nn.Dropout(0.2), nn.Linear(width, d_out)
        )

    def forward(self, x):
        return self.layers(x)


def net(kind=NeuralNetBinaryClassifier, **params):
    base = {"n_neurons": 6, "n_members": 2, "max_epochs": 5, "random_state": 0}
    return kind(**{**base, "lr": 0.02, **params})


VARIANTS = {
    "plain": {},
    "one member": {"n_members": 1},
    "normed": {"normalization": "batch", "residual": True, "n_neurons": (6, 6)},
    "module": {"module": Small},
    "one module": {"module": Small, "n_members": 1},
    "nadam": {"optimizer": "nadam"},
}


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_fitting_twice_gives_the_same_bits(name):
    probs = [net(**VARIANTS[name]).fit(X, Y).predict_proba(X) for _ in range(2)]
    assert probs[0].tobytes() == probs[1].tobytes()
    model = net(**VARIANTS[name]).fit(X[:50], Y[:50]).fit(X, Y)
    assert model.predict_proba(X).tobytes() == probs[0].tobytes()
    other = net(**VARIANTS[name]).set_params(random_state=1).fit(X, Y)
    assert not np.allclose(other.predict_proba(X), probs[0])


def process_state():
    return (
        str(np.random.get_state()),  # noqa: NPY002
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
    )


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_global_random_state_and_threads_are_left_alone(name):
    before = process_state()
    model = net(**VARIANTS[name]).fit(X, Y)
    model.predict_proba(X)
    model.net_.predict(X)
    assert process_state() == before


def test_threads_are_restored_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(ValueError, match="infinite or NaN"):
        net(NeuralNetRegressor, lr=1e30, optimizer="sgd").fit(X, X[:, 0])
    assert torch.get_num_threads() == before


def test_the_global_seed_does_not_matter():
    torch.manual_seed(1)
    first = net(module=Small).fit(X, Y).predict_proba(X)
    torch.manual_seed(2)
    assert net(module=Small).fit(X, Y).predict_proba(X).tobytes() == first.tobytes()


@pytest.mark.parametrize("kind", [NeuralNetClassifier, NeuralNetRegressor])
def test_weights_of_one_are_no_weights_and_of_zero_are_no_rows(kind):
    y = Y if kind is NeuralNetClassifier else X[:, 0]
    plain = net(kind).fit(X, y).predict(X)
    ones = net(kind).fit(X, y, sample_weight=np.ones(90)).predict(X)
    np.testing.assert_array_equal(ones, plain)
    weight = RNG.randint(2, size=90)
    some = net(kind).fit(X, y, sample_weight=weight).predict(X)
    without = net(kind).fit(X[weight > 0], y[weight > 0]).predict(X)
    np.testing.assert_array_equal(some, without)


def test_a_weight_of_three_is_a_row_three_times():
    exact = {
        "n_members": 1, "early_stopping": False, "dropout": 0.0, "batch_size": 1000,
        "precision": "float64",
    }  # fmt: skip
    weight = RNG.randint(1, 4, size=90)
    for kind, y in ((NeuralNetClassifier, Y), (NeuralNetRegressor, X[:, 0])):
        a = net(kind, **exact).fit(X, y, sample_weight=weight)
        b = net(kind, **exact).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
        np.testing.assert_allclose(a.predict(X), b.predict(X), atol=1e-9)


def test_balanced_weights_lift_the_rare_class():
    rare = (X[:, 0] + RNG.normal(size=90) > 1.4).astype(int)
    plain = net(max_epochs=30).fit(X, rare).predict_proba(X)[:, 1].mean()
    balanced = net(max_epochs=30, class_weight="balanced").fit(X, rare)
    assert balanced.predict_proba(X)[:, 1].mean() > plain + 0.1


def test_warm_start_goes_on():
    first = net(n_members=1, warm_start=True, max_epochs=3, early_stopping=False)
    start = first.fit(X, Y).history_["train_loss"].iloc[0]
    goes_on = first.fit(X, Y).history_["train_loss"].iloc[0]
    fresh = net(n_members=1, max_epochs=3, early_stopping=False).fit(X, Y).fit(X, Y)
    assert goes_on < start == fresh.history_["train_loss"].iloc[0]
    first.set_params(n_neurons=7)
    with pytest.raises(ValueError, match="need the network's shape of the first fit"):
        first.fit(X, Y)


@pytest.mark.parametrize("n_members", [1, 3, "auto"])
def test_partial_fit_learns_and_counts(n_members):
    clf = net(NeuralNetClassifier, n_members=n_members, lr=0.03, dropout=0.0)
    for _ in range(30):
        clf.partial_fit(X[:60], Y[:60], classes=[0, 1])
        clf.partial_fit(X[60:], Y[60:])
    assert clf.score(X, Y) > 0.8
    assert clf.n_iter_ == 60
    assert (clf.best_epoch_ == 60).all()
    own = clf.history_.query("member == 0")
    assert own["epoch"].tolist() == list(range(1, 61))
    assert own["lr"].nunique() == 1
    assert len(clf.net_.history) == 60


def test_partial_fit_keeps_the_first_scaling_and_the_moments():
    def two(second):
        reg = net(NeuralNetRegressor, n_members=1, dropout=0.0)
        reg.partial_fit(X, X[:, 0])
        center = reg.population_.scaling.columns.scaler.center.copy()
        second(reg)
        scaler = reg.population_.scaling.columns.scaler
        np.testing.assert_array_equal(scaler.center, center)
        return reg.predict(X)

    def forgetful(reg):
        reg.population_.optimizer_state = {}
        reg.partial_fit(X + 100, X[:, 0])

    went_on = two(lambda reg: reg.partial_fit(X + 100, X[:, 0]))
    assert not np.allclose(went_on, two(forgetful))


def test_partial_fit_does_not_repeat_its_batches_and_dropout():
    def weights(calls):
        clf = net(NeuralNetClassifier, n_members=1, optimizer="sgd", dropout=0.5)
        deltas = []
        for _ in range(calls):
            clf.partial_fit(X, Y, classes=[0, 1])
            deltas.append(clf.population_.plan.seeds.tolist())
        return deltas

    first, second = weights(2)
    assert first != second
    assert weights(2) == [first, second]


def test_partial_fit_after_fit_starts_from_its_weights():
    clf = net(NeuralNetClassifier, max_epochs=40).fit(X, Y)
    before = clf.score(X, Y)
    clf.partial_fit(X, Y)
    assert clf.score(X, Y) == pytest.approx(before, abs=0.06)
    assert not hasattr(clf, "oof_score_")


def test_one_estimator_predicts_in_many_threads():
    clf = net().fit(X, Y)
    expected = clf.predict_proba(X)
    wrong = []

    def work():
        for _ in range(20):
            if clf.predict_proba(X).tobytes() != expected.tobytes():
                wrong.append(1)

    before = dict(vars(clf))
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert vars(clf) == before  # nothing is kept by predicting


def test_a_rows_answer_does_not_depend_on_the_rows_beside_it():
    wide = RNG.normal(size=(300, 50))
    y = (wide[:, 0] > 0).astype(int)
    clf = NeuralNetBinaryClassifier(max_epochs=3, n_members=2, random_state=0)
    clf.fit(wide, y)
    whole = clf.decision_function(wide)
    each = np.concatenate([clf.decision_function(row[None]) for row in wide[:100]])
    np.testing.assert_allclose(each, whole[:100], rtol=1e-7, atol=1e-12)


def test_the_plain_settings_lead_to_the_same_model():
    clf = NeuralNetClassifier(max_epochs=3, random_state=0)
    settings = clf.resolve_defaults(X, Y)
    assert "auto" not in map(str, settings.values())
    assert not hasattr(clf, "n_features_in_")
    explicit = NeuralNetClassifier(max_epochs=3, random_state=0).set_params(**settings)
    assert (
        explicit.fit(X, Y).predict_proba(X).tobytes()
        == clf.fit(X, Y).predict_proba(X).tobytes()
    )


def test_module_parameters_are_set_one_by_one():
    clf = net(module=Small).set_params(module__width=3)
    assert clf.get_params()["module__width"] == 3
    clf.fit(X, Y)
    assert clf.population_.weights["layers__0__weight"].shape == (2, 3, 4)
    other = clf.set_params(module_params={"width": 4}, module__width=5)
    assert other.module_params == {"width": 5}


def test_precision():
    weights = net(precision="float64").fit(X, Y).population_.weights
    assert {w.dtype for w in weights.values()} == {np.dtype(np.float64)}
