import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sknn_bio.cli._columns import Column
from sknn_bio.cli._model_file import Model, read_model, write_model
from sknn_bio.persistence import load, save

COLUMNS = [Column("age", "number"), Column("sex", "category", ("f", "m"))]


def model(**params):
    fitted = LogisticRegression().fit(np.eye(2), [0, 1])
    own = {"score": 0.9, "log_normalized": True, **params}
    return Model(fitted, COLUMNS, "outcome", "binary", **own)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "model.sknn"
    write_model(model(), path)
    again = read_model(path)
    assert again.columns == COLUMNS
    assert (again.target, again.task, again.score) == ("outcome", "binary", 0.9)
    assert again.log_normalized
    assert "torch" in again.versions
    np.testing.assert_array_equal(again.estimator.predict(np.eye(2)), [0, 1])
    with pytest.raises(FileExistsError):
        write_model(model(), path)


def test_no_score_and_no_number_are_one(tmp_path):
    write_model(model(score=float("nan")), tmp_path / "model.sknn")
    assert read_model(tmp_path / "model.sknn").score is None


def test_estimator_is_at_hand_without_the_command_line(tmp_path):
    write_model(model(), tmp_path / "model.sknn")
    assert isinstance(load(tmp_path / "model.sknn"), LogisticRegression)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "model.sknn"
    with pytest.raises(FileNotFoundError, match="no such model file"):
        read_model(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="must be a model file .* got another file"):
        read_model(path)
    joblib.dump({"estimator": 1}, path)
    with pytest.raises(ValueError, match="must be a model file .* a pickle or joblib"):
        read_model(path)
    save(model().estimator, path)
    with pytest.raises(ValueError, match="must be a model file .* without notes of it"):
        read_model(path)
