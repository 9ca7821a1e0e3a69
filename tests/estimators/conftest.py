"""What the fitted estimators do not keep."""

import pytest

from sknn_bio.estimators import _base


@pytest.fixture
def plans(monkeypatch):
    """Who trained on which rows: the plan of each fit, as they come."""
    seen = []
    make_plan = _base.make_plan

    def record(*args):
        seen.append(make_plan(*args))
        return seen[-1]

    monkeypatch.setattr(_base, "make_plan", record)
    return seen
