import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sknn_bio.cli._columns import Column
from sknn_bio.cli._model_file import Model, read_model, write_model

COLUMNS = [Column("age", "number"), Column("sex", "category", ("f", "m"))]


def model():
    fitted = LogisticRegression().fit(np.eye(2), [0, 1])
    return Model(fitted, COLUMNS, "outcome", "binary", 0.9, log_normalized=True)


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "model.joblib"
    write_model(model(), path)
    again = read_model(path)
    assert again.columns == COLUMNS
    assert (again.target, again.task, again.score) == ("outcome", "binary", 0.9)
    assert again.log_normalized
    assert "torch" in again.versions
    np.testing.assert_array_equal(again.estimator.predict(np.eye(2)), [0, 1])
    with pytest.raises(FileExistsError):
        write_model(model(), path)


def test_estimator_is_at_hand_without_the_command_line(tmp_path):
    write_model(model(), tmp_path / "model.joblib")
    plain = joblib.load(tmp_path / "model.joblib")
    assert plain["columns"][1] == {
        "name": "sex",
        "kind": "category",
        "levels": ("f", "m"),
    }
    assert isinstance(plain["estimator"], LogisticRegression)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "model.joblib"
    with pytest.raises(FileNotFoundError, match="no such model file"):
        read_model(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="must be a model file .* cannot be opened"):
        read_model(path)
    joblib.dump({"estimator": 1}, path)
    with pytest.raises(ValueError, match="must be a model file .* got something else"):
        read_model(path)
