"""Where memory runs out, halves of a population train one after the other."""

import numpy as np
import pytest
import torch

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetRegressor
from sknn_bio.model_selection import population_cross_validate
from sknn_bio.training import checkpoint, population

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 5))
Y = (X[:, 0] + 0.5 * RNG.normal(size=120) > 0).astype(int)


def net(kind=NeuralNetBinaryClassifier, **params):
    base = {"n_neurons": 6, "n_members": 4, "max_epochs": 8, "random_state": 0}
    return kind(**{**base, "lr": 0.02, "dropout": 0.0, **params})


@pytest.fixture
def limit(monkeypatch):
    """Return a function: from then on, so many members times rows fit into memory."""
    tries, train = [], population.train

    def set_limit(most, error=None):
        error = error or torch.OutOfMemoryError("CUDA out of memory.")

        def limited(module, loss, plan, settings, *args, **kwargs):
            tries.append((plan.n_members, settings.batch_size))
            if plan.n_members * settings.batch_size > most:
                raise error
            return train(module, loss, plan, settings, *args, **kwargs)

        monkeypatch.setattr(population, "train", limited)
        return tries

    return set_limit


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to ..."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_members_in_halves_agree_with_members_together(error, limit):
    whole = net(batch_size=32).fit(X, Y)
    tries = limit(64, error)
    with pytest.warns(RuntimeWarning, match="out of memory: the 4 members .* halves"):
        halves = net(batch_size=32).fit(X, Y)
    assert tries == [(4, 32), (2, 32), (2, 32)]
    np.testing.assert_allclose(
        halves.predict_proba(X), whole.predict_proba(X), atol=1e-5
    )
    np.testing.assert_allclose(halves.oof_prediction_, whole.oof_prediction_, atol=1e-5)
    np.testing.assert_array_equal(halves.best_epoch_, whole.best_epoch_)
    columns = ["member", "epoch", "train_loss", "valid_loss"]
    np.testing.assert_allclose(
        halves.history_[columns], whole.history_[columns], atol=1e-5
    )


def test_halves_of_halves_and_targets_of_ones_own(limit):
    y = 100 * X[:, 0] + 1000
    whole = net(NeuralNetRegressor, batch_size=32, n_members=5).fit(X, y)
    tries = limit(32)
    with pytest.warns(RuntimeWarning, match="out of memory"):
        parts = net(NeuralNetRegressor, batch_size=32, n_members=5).fit(X, y)
    assert [m for m, _ in tries] == [5, 3, 2, 1, 1, 1, 2, 1, 1]
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-5)


def test_halves_take_their_own_moments_on(limit):
    def fitted():
        return net(batch_size=32).partial_fit(X, Y, classes=[0, 1])

    whole, parts = fitted().partial_fit(X, Y), fitted()
    limit(64)
    with pytest.warns(RuntimeWarning, match="out of memory"):
        parts.partial_fit(X, Y)
    np.testing.assert_allclose(
        parts.predict_proba(X), whole.predict_proba(X), atol=1e-5
    )


def test_a_lone_member_takes_smaller_batches(limit):
    smaller = net(n_members=1, batch_size=24).fit(X, Y)
    limit(30)
    with pytest.warns(RuntimeWarning, match="out of memory: batches have") as caught:
        clf = net(n_members=1, batch_size=4096).fit(X, Y)
    words = [str(warning.message) for warning in caught]
    assert [w.split()[5] for w in words] == ["48", "24"]  # of 96 rows
    np.testing.assert_array_equal(clf.predict_proba(X), smaller.predict_proba(X))


def test_memory_for_not_even_one_row_are_raised(limit):
    limit(0)
    with (
        pytest.warns(RuntimeWarning),
        pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"),
    ):
        net(n_members=1).fit(X, Y)


def test_other_errors_are_no_matter_of_memory(limit):
    tries = limit(0, RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        net().fit(X, Y)
    assert len(tries) == 1


def test_chunks_of_a_cross_validation_halve_too(limit):
    def losses():
        return population_cross_validate(
            net(batch_size=32), X, Y, cv=3, scoring="neg_log_loss"
        )["test_score"]

    whole = losses()
    limit(6 * 32)
    with pytest.warns(RuntimeWarning, match="the 12 members are trained in two halves"):
        np.testing.assert_allclose(losses(), whole, atol=1e-5)


def test_a_resumed_fit_goes_by_the_plan_of_halves(limit, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "_SHARE", np.inf)
    tries = limit(64)
    with pytest.warns(RuntimeWarning, match="halves"):
        whole = net(batch_size=32).fit(X, Y)

    save, calls = checkpoint.Checkpoint.save, []

    def counted(self, state):
        save(self, state)
        calls.append(self.folder.name)
        if len(calls) == 13:
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.Checkpoint, "save", counted)
        with pytest.warns(RuntimeWarning, match="halves"), pytest.raises(SystemExit):
            net(batch_size=32, checkpoint_dir=tmp_path).fit(X, Y)
    assert calls == ["half-0"] * 9 + ["half-1"] * 4
    limit(10**9)  # memory for all is there again
    tries.clear()
    with pytest.warns(RuntimeWarning, match="halves"):
        again = net(batch_size=32, checkpoint_dir=tmp_path).fit(X, Y)
    assert set(tries) == {(2, 32)}
    for name, weights in whole.population_.weights.items():
        np.testing.assert_array_equal(again.population_.weights[name], weights)
    np.testing.assert_array_equal(again.oof_prediction_, whole.oof_prediction_)
