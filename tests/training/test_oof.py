"""Out-of-fold numbers are honest."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from sknn_bio.training.oof import curves, honest_epochs, out_of_fold


def history(**columns):
    first = next(iter(columns.values()))
    return pd.DataFrame(
        [
            {"member": m, "epoch": e + 1, **{k: v[m][e] for k, v in columns.items()}}
            for m in range(len(first))
            for e in range(len(first[m]))
        ]
    )


APART = tuple(np.array([m, 10 + m]) for m in range(3))


def test_folds_that_were_drawn_twice_do_not_choose_for_each_other():
    rows = tuple(np.array(r) for r in ([0, 1], [2, 3], [0, 2], [1, 3]))
    auc = [[0.9, 0.1, 0.2], [0.1, 0.9, 0.2], [0.1, 0.2, 0.9], [0.3, 0.2, 0.1]]
    table = history(roc_auc=auc, valid_loss=auc)
    assert honest_epochs(table, "roc_auc", rows).tolist() == [1, 0, 0, 2]
    # Where all overlap, all others count.
    same = (np.array([0]),) * 4
    assert honest_epochs(table, "roc_auc", same).tolist()[0] == 1


def test_the_epoch_is_the_best_of_the_other_members_mean():
    auc = [[0.1, 0.9, 0.2], [0.5, 0.6, 0.8], [0.5, 0.6, 0.7]]
    table = history(roc_auc=auc, valid_loss=auc)
    # Member 0's own best is epoch index 1; the others' is 2.
    assert honest_epochs(table, "roc_auc", APART).tolist() == [2, 1, 1]


def test_a_member_that_is_left_alone_is_scored_at_its_last_epoch():
    auc = [[0.9, 0.6, 0.7]]
    table = history(roc_auc=auc, valid_loss=auc)
    assert honest_epochs(table, "roc_auc", (np.array([0, 1]),)).tolist() == [2]


def test_lower_is_better_for_a_loss():
    loss = [[3.0, 1.0, 2.0], [3.0, 2.0, 1.0]]
    assert honest_epochs(
        history(valid_loss=loss), "valid_loss", APART[:2]
    ).tolist() == [
        2,
        1,
    ]


def test_a_stopped_members_last_value_stays():
    table = history(valid_loss=[[3.0, 2.0], [3.0, 2.0, 1.0]])
    np.testing.assert_array_equal(
        curves(table, "valid_loss", 2), [[3, 3], [2, 2], [2, 1]]
    )


def test_where_the_metric_is_not_defined_the_loss_decides():
    auc = [[np.nan, np.nan], [0.9, 0.5], [0.9, 0.5]]
    loss = [[2.0, 1.0]] * 3
    table = history(roc_auc=auc, valid_loss=loss)
    assert honest_epochs(table, "roc_auc", APART).tolist() == [1, 1, 1]


def test_predictions_are_of_the_chosen_epoch_without_padding():
    predictions = [np.full((2, 3, 1), float(e)) for e in range(4)]
    rows = (np.array([4, 5, 6]), np.array([0, 1]))
    pairs = out_of_fold(predictions, np.array([3, 1]), rows)
    assert [p[0].tolist() for p in pairs] == [[4, 5, 6], [0, 1]]
    assert pairs[0][1].tolist() == [[3.0]] * 3 and pairs[1][1].tolist() == [[1.0]] * 2


FAST = {"n_neurons": 16, "max_epochs": 15, "lr": 0.01, "n_members": 8}


@pytest.mark.parametrize("dropout", [0.2])
def test_on_pure_noise_the_auc_is_a_half(dropout):
    scores = []
    for seed in range(20):
        rng = np.random.RandomState(seed)
        X, y = rng.normal(size=(200, 30)), rng.permutation(np.arange(200) % 2)
        clf = NeuralNetBinaryClassifier(random_state=seed, dropout=dropout, **FAST)
        scores.append(clf.fit(X, y).oof_score_)
    # 20 tables of 200 rows: the mean's standard error is 0.041 / sqrt(20)
    assert np.mean(scores) == pytest.approx(0.5, abs=0.027)


def test_the_score_is_of_the_predictions():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(160, 4))
    y = np.digitize(X[:, 0] + 0.3 * rng.normal(size=160), [-0.4, 0.6])
    clf = NeuralNetClassifier(random_state=0, **FAST).fit(X, y)
    assert clf.oof_prediction_.shape == (160, 3)
    np.testing.assert_allclose(clf.oof_prediction_.sum(1), 1)
    whole = roc_auc_score(y, clf.oof_prediction_, multi_class="ovr")
    assert clf.oof_score_ == pytest.approx(whole, abs=0.06)  # mean over folds
    assert clf.oof_score_ > 0.8
    reg = NeuralNetRegressor(random_state=0, **FAST).fit(X, X[:, 0])
    assert reg.oof_score_ == pytest.approx(r2_score(X[:, 0], reg.oof_prediction_))


def test_rows_of_weight_zero_have_no_prediction():
    rng = np.random.RandomState(0)
    X, weight = rng.normal(size=(80, 4)), np.ones(80)
    weight[::10] = 0
    for estimator, y in (
        (NeuralNetClassifier, (X[:, 0] > 0).astype(int)),
        (NeuralNetRegressor, X[:, 0]),
    ):
        fitted = estimator(random_state=0, **FAST).fit(X, y, sample_weight=weight)
        nan = np.isnan(fitted.oof_prediction_.reshape(80, -1)).any(1)
        np.testing.assert_array_equal(nan, weight == 0)
