"""The inner split, for ordinary and degenerate tables."""

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold

from sknn_bio.training.splits import inner_split


def split(n, strata=None, groups=None, members=8, validation=0.2, seed=0):
    rng = np.random.RandomState(seed)
    return inner_split(n, strata, groups, members, validation, rng)


def partition(n, train, valid):
    for a, b in zip(train, valid, strict=True):
        assert len(a) and len(b)
        np.testing.assert_array_equal(np.sort(np.concatenate([a, b])), np.arange(n))


def test_members_hold_out_each_row_once():
    train, valid = split(40)
    partition(40, train, valid)
    assert sorted(np.concatenate(valid)) == list(range(40))


@pytest.mark.parametrize("members", [1, 2, 5, 8, 11])
def test_folds_are_stratified(members):
    y = np.repeat([0, 1, 2], [60, 30, 10])
    train, valid = split(100, y, members=members)
    partition(100, train, valid)
    for rows in (*train, *valid):
        share = np.bincount(y[rows], minlength=3) / len(rows)
        np.testing.assert_allclose(share, [0.6, 0.3, 0.1], atol=0.09)


def test_past_eight_members_other_folds_come():
    _, valid = split(64, members=20)
    assert len(valid) == 20
    for start, stop in ((0, 8), (8, 16)):
        assert sorted(np.concatenate(valid[start:stop])) == list(range(64))
    assert len({tuple(v) for v in valid}) == 20


@pytest.mark.parametrize("members", [1, 3, 8, 12])
@pytest.mark.parametrize("stratified", [True, False])
def test_no_group_stands_on_both_sides(members, stratified):
    rng = np.random.RandomState(1)
    for seed in range(5):
        groups = rng.randint(15, size=120)
        y = (rng.uniform(size=120) < 0.3).astype(int) if stratified else None
        train, valid = split(120, y, groups, members, seed=seed)
        partition(120, train, valid)
        for a, b in zip(train, valid, strict=True):
            assert not set(groups[a]) & set(groups[b])
            if stratified:
                assert len(np.unique(y[a])) == 2


@pytest.mark.parametrize("members", [1, 8])
def test_the_seed_decides(members):
    y = np.arange(50) % 2
    same = [split(50, y, members=members, seed=3)[1][0].tolist() for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] != split(50, y, members=members, seed=4)[1][0].tolist()


@pytest.mark.parametrize(
    ("validation", "expected"), [(0.2, 20), (0.35, 35), (0.005, 2)]
)
def test_one_member_holds_out_the_share(validation, expected):
    y = np.arange(100) % 2
    (train,), (valid,) = split(100, y, members=1, validation=validation)
    assert len(valid) == expected
    assert set(y[valid]) == {0, 1}


# The design's table of degenerate cases.


@pytest.mark.parametrize(
    ("strata", "groups", "folds"),
    [
        (np.repeat([0, 1], [40, 3]), None, 3),  # three rows of a class
        (None, np.arange(43) % 5, 5),  # five groups
        (np.repeat([0, 1], [40, 3]), np.r_[np.arange(40) % 4, [0, 1, 1]], 2),
    ],
)
def test_fewer_rows_of_a_class_or_groups_than_members(strata, groups, folds):
    train, valid = split(43, strata, groups)
    partition(43, train, valid)
    assert len({tuple(v) for v in valid[:folds]}) == folds
    assert sorted(np.concatenate(valid[:folds])) == list(range(43))


@pytest.mark.parametrize("members", [1, 8])
@pytest.mark.parametrize(
    ("strata", "groups"),
    [
        (np.r_[np.zeros(19, int), 1], None),  # one row of a class
        (np.arange(20) % 2, np.arange(20) % 2),  # a class lives in one group
    ],
)
def test_below_two_there_is_no_split(members, strata, groups):
    train, valid = split(20, strata, groups, members)
    assert valid is None
    assert len(train) == members
    assert all(rows.tolist() == list(range(20)) for rows in train)


@pytest.mark.parametrize("members", [1, 8])
def test_one_group_is_ignored_with_a_warning(members):
    with pytest.warns(UserWarning, match="one group only"):
        train, valid = split(40, np.arange(40) % 2, np.zeros(40), members)
    partition(40, train, valid)


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("members", [1, 8])
def test_tiny_tables(n, members):
    train, valid = split(n, members=members)
    partition(n, train, valid)


@pytest.mark.parametrize("members", [1, 4, 8])
def test_groups_of_very_different_sizes_never_leave_a_side_empty(members):
    for seed in range(40):
        rng = np.random.RandomState(seed)
        groups = np.repeat(np.arange(6), [60, 2, 2, 1, 1, 1])
        y = rng.randint(2, size=len(groups))
        train, valid = split(len(groups), y, groups, members, seed=seed)
        if valid is not None:
            partition(len(groups), train, valid)


def test_a_splitters_folds_are_taken_in_turn():
    splitter = KFold(3)
    expected = list(splitter.split(np.zeros(12)))
    train, valid = split(12, members=5, validation=splitter)
    for m in range(5):
        np.testing.assert_array_equal(train[m], expected[m % 3][0])
        np.testing.assert_array_equal(valid[m], expected[m % 3][1])
    groups = np.arange(12) // 4
    train, valid = split(12, None, groups, 3, validation=GroupKFold(3))
    for a, b in zip(train, valid, strict=True):
        assert not set(groups[a]) & set(groups[b])
