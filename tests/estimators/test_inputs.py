"""Everything that scikit-learn accepts is accepted, and means the same."""

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sknn_bio import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor

RNG = np.random.RandomState(0)
X = RNG.randint(-4, 5, size=(80, 4)).astype(float)  # whole numbers: no kind rounds
X[:, 3] = X[:, 3] > 0
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def net(kind=NeuralNetBinaryClassifier, **params):
    base = {"n_neurons": 6, "n_members": 2, "max_epochs": 5, "random_state": 0}
    # What a sparse table can have: the kinds of tables are then to agree.
    return kind(**{**base, "input_scaling": "standard", "lr": 0.02, **params})


@pytest.fixture(scope="module")
def expected():
    return net().fit(X, Y).predict_proba(X)


def memory_map(X, folder):
    joblib.dump(X, folder / "X.joblib")
    return joblib.load(folder / "X.joblib", mmap_mode="r")


def read_only(X, _):
    X = X.copy()
    X.setflags(write=False)
    return X


KINDS = {
    "float32": lambda X, _: X.astype(np.float32),
    "float16": lambda X, _: X.astype(np.float16),
    "int64": lambda X, _: X.astype(int),
    "int8": lambda X, _: X.astype(np.int8),
    "object": lambda X, _: X.astype(object),
    "list": lambda X, _: X.tolist(),
    "Fortran": lambda X, _: np.asfortranarray(X),
    "every other row": lambda X, _: np.repeat(X, 2, 0)[::2],
    "memory map": memory_map,
    "read-only": read_only,
    "pandas": lambda X, _: pd.DataFrame(X, columns=list("abcd")),
    "pandas mixed": lambda X, _: pd.DataFrame(X, columns=list("abcd")).astype(
        {"a": "int8", "b": "Int64", "d": bool}
    ),
    "CSR": lambda X, _: sparse.csr_matrix(X),
    "CSR array": lambda X, _: sparse.csr_array(X),
    "CSC": lambda X, _: sparse.csc_matrix(X),
    "COO": lambda X, _: sparse.coo_matrix(X),
}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_kinds_of_tables(name, expected, tmp_path):
    table = KINDS[name](X, tmp_path)
    prob = net().fit(table, Y).predict_proba(table)
    np.testing.assert_allclose(prob, expected, atol=2e-5)


def test_polars(expected):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(X, schema=list("abcd"))
    fitted = net().fit(frame, polars.Series(Y))
    np.testing.assert_allclose(fitted.predict_proba(frame), expected, atol=2e-5)
    assert fitted.feature_names_in_.tolist() == list("abcd")


def test_bool_tables_and_duplicate_sparse_entries(expected):
    yes = X > 0
    a = net().fit(yes, Y).predict_proba(yes)
    np.testing.assert_allclose(a, net().fit(yes * 1.0, Y).predict_proba(yes * 1.0))
    coo = sparse.coo_matrix(X / 2)
    doubled = sparse.csr_matrix(
        (np.r_[coo.data, coo.data], (np.r_[coo.row, coo.row], np.r_[coo.col, coo.col])),
        X.shape,
    )
    np.testing.assert_allclose(
        net().fit(doubled, Y).predict_proba(doubled), expected, atol=2e-5
    )


def test_the_users_arrays_stay_as_they_were():
    for table in (X.copy(), sparse.csr_matrix(X), np.asfortranarray(X)):
        before = table.copy()
        y = X[:, 0].copy()
        net(NeuralNetRegressor).fit(table, y).predict(table)
        assert (abs(table - before)).sum() == 0
        np.testing.assert_array_equal(y, X[:, 0])


LABELS = {
    "strings": np.array(["sick", "healthy"])[Y],
    "object strings": np.array(["sick", "healthy"], dtype=object)[Y],
    "bool": Y.astype(bool),
    "float": Y.astype(float),
    "negative": 1 - 2 * Y,
    "far apart": np.array([10**9, -5])[Y],
    "list": np.array(["b", "a"])[Y].tolist(),
    "pandas": pd.Series(np.array(["b", "a"])[Y], index=np.arange(80)[::-1]),
    "categorical": pd.Series(np.array(["b", "a"])[Y], dtype="category"),
    "pandas string": pd.Series(np.array(["b", "a"])[Y], dtype="string"),
}


@pytest.mark.parametrize("name", sorted(LABELS))
@pytest.mark.parametrize("kind", [NeuralNetBinaryClassifier, NeuralNetClassifier])
def test_labels_come_back_as_they_went_in(name, kind):
    y = LABELS[name]
    plain = np.asarray(y)
    clf = net(kind, max_epochs=30).fit(X, y)
    assert clf.classes_.tolist() == sorted(set(plain.tolist()))
    answer = clf.predict(X)
    assert set(answer.tolist()) <= set(plain.tolist())
    assert (answer == plain).mean() > 0.9
    positive = clf.predict_proba(X)[:, 1] > 0.5
    np.testing.assert_array_equal(answer == clf.classes_[1], positive)


def test_three_labels_in_mixed_order():
    y = np.array(["c", "a", "b"])[np.digitize(X[:, 0], [-1, 2])]
    clf = net(NeuralNetClassifier, max_epochs=60).fit(X, y)
    assert clf.classes_.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(
        clf.predict(X), clf.classes_[clf.predict_proba(X).argmax(1)]
    )
    assert clf.score(X, y) > 0.8
    assert clf.decision_function(X).shape == clf.predict_proba(X).shape == (80, 3)


def test_a_target_of_one_column_warns():
    from sklearn.exceptions import DataConversionWarning

    for estimator, y in ((net(), Y), (net(NeuralNetRegressor), X[:, 0])):
        with pytest.warns(DataConversionWarning, match="column-vector"):
            column = estimator.fit(X, y[:, None]).predict(X)
        np.testing.assert_array_equal(column, estimator.fit(X, y).predict(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_come_in_the_float_type_of_the_table(dtype):
    clf, reg = net().fit(X, Y), net(NeuralNetRegressor).fit(X, X[:, 0])
    table = X.astype(dtype)
    for answer in (
        clf.predict_proba(table),
        clf.decision_function(table),
        clf.predict_members(table),
        reg.predict(table),
        reg.predict_members(table),
    ):
        assert answer.dtype == dtype
    assert clf.predict_proba(X.astype(int)).dtype == np.float64


def test_members_average_to_the_answer():
    clf, reg = net().fit(X, Y), net(NeuralNetRegressor).fit(X, X[:, :2])
    assert clf.predict_members(X).shape == (2, 80, 2)
    np.testing.assert_allclose(clf.predict_members(X).mean(0), clf.predict_proba(X))
    assert reg.predict_members(X).shape == (2, 80, 2)
    np.testing.assert_allclose(reg.predict_members(X).mean(0), reg.predict(X))


# The limits of single precision.


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("n_members", [1, 2])
def test_units_and_offsets_of_columns_do_not_matter(kind, n_members):
    plain = X + 0.25 * (X == 0)  # no zeros: the sparse table is as full
    strange = plain * [1e30, 1e-20, 1.0, 1e6]
    strange[:, 2] += 1e8
    probs = []
    for table in (plain, strange):
        clf = net(n_members=n_members).fit(kind(table), Y)
        probs.append(clf.predict_proba(kind(table)))
    np.testing.assert_allclose(*probs, atol=1e-3 if kind is np.asarray else 1)
    assert np.isfinite(probs[1]).all()


@pytest.mark.parametrize("n_members", [1, 2])
@pytest.mark.parametrize(("unit", "offset"), [(1e6, 0), (1.0, 1e8), (1e-6, 0)])
def test_the_unit_of_the_target_does_not_matter(unit, offset, n_members):
    y = X[:, 0] - X[:, 1]
    fits = [
        net(NeuralNetRegressor, n_members=n_members, max_epochs=20).fit(X, target)
        for target in (y, y * unit + offset)
    ]
    plain, strange = (fit.predict(X) for fit in fits)
    np.testing.assert_allclose((strange - offset) / unit, plain, atol=1e-3)
    assert fits[0].best_epoch_.tolist() == fits[1].best_epoch_.tolist()


def test_constant_columns_are_ignored_also_when_they_move_later():
    wide = np.c_[X, np.full(80, 7.0)]
    clf = net().fit(wide, Y)
    moved = wide.copy()
    moved[:, 4] = 1e6
    np.testing.assert_array_equal(clf.predict_proba(wide), clf.predict_proba(moved))


def test_a_constant_target_is_answered():
    reg = net(NeuralNetRegressor, max_epochs=30).fit(X, np.full(80, 1e6))
    np.testing.assert_allclose(reg.predict(X), 1e6, rtol=1e-5)


def test_validation_data_decide_and_members_train_on_all_rows(plans):
    clf = net().fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])
    assert [len(r) for r in plans[-1].train_rows] == [60, 60]
    assert [len(r) for r in plans[-1].valid_rows] == [20, 20]
    best = clf.history_.query("member == 0 and epoch == @clf.best_epoch_[0]")
    prob = clf.predict_members(X[60:])[0]
    from sklearn.metrics import log_loss

    assert best["valid_loss"].item() == pytest.approx(log_loss(Y[60:], prob), rel=1e-3)


def test_a_pipeline_scales_the_validation_data_too():
    import sklearn
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    with sklearn.config_context(enable_metadata_routing=True):
        final = net(input_scaling=None).set_fit_request(X_val=True, y_val=True)
        pipe = make_pipeline(MinMaxScaler(), final, transform_input=["X_val"])
        pipe.fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])
    scaler = MinMaxScaler().fit(X[:60])
    alone = net(input_scaling=None).fit(
        scaler.transform(X[:60]), Y[:60], X_val=scaler.transform(X[60:]), y_val=Y[60:]
    )
    pd.testing.assert_frame_equal(
        pipe[-1].history_.drop(columns="seconds"),
        alone.history_.drop(columns="seconds"),
    )


def test_dense_and_sparse_rows_of_one_table_get_one_answer():
    X = np.where(RNG.rand(300, 6) > 0.5, RNG.normal(3, 1, (300, 6)), 0.0)
    y = X[:, 0] > X[:, 1]
    network = NeuralNetBinaryClassifier(max_epochs=5, random_state=0, n_members=2)
    for trained_on in (X, sparse.csr_matrix(X)):
        network.fit(trained_on, y)
        np.testing.assert_allclose(
            network.predict_proba(sparse.csr_matrix(X)),
            network.predict_proba(X),
            atol=1e-9,
        )
    network.fit(X, y, X_val=sparse.csr_matrix(X), y_val=y)
    given = network.history_["valid_loss"]
    network.fit(X, y, X_val=X, y_val=y)
    np.testing.assert_allclose(given, network.history_["valid_loss"], atol=1e-6)
