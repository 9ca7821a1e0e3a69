"""A file answers to the bit in a process of its own, without the extras."""

import json
import subprocess
import sys

from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, RobustScaler

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.persistence import save

FRESH = """
import json
import sys
import numpy as np
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {extras}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import pandas as pd
from sknn_bio.persistence import load
model = load(sys.argv[1])
table = pd.DataFrame(json.load(open(sys.argv[2])))
sys.stdout.buffer.write(model.predict_proba(table).tobytes())
"""
EXTRAS = {
    "anndata", "catboost", "dask", "h5py", "jinja2", "lightgbm", "matplotlib", "polars",
    "pyarrow", "rich", "skops", "typer", "xgboost",
}  # fmt: skip


def answer_of_a_fresh_process(model, table, folder):
    save(model, folder / "model.sknn")
    plain = {name: column.tolist() for name, column in table.items()}
    (folder / "table").write_text(json.dumps(plain))
    done = subprocess.run(
        [sys.executable, "-c", FRESH.format(extras=EXTRAS), "model.sknn", "table"],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_a_network_on_a_raw_table(tmp_path, fit, patients):
    model = fit()
    told = answer_of_a_fresh_process(model, patients, tmp_path)
    assert told == model.predict_proba(patients).tobytes()


def test_a_pipeline_of_seven_steps(tmp_path, patients, outcome):
    net = NeuralNetBinaryClassifier(n_members=2, max_epochs=3, random_state=0)
    model = make_pipeline(
        SimpleImputer(), RobustScaler(), PowerTransformer(), VarianceThreshold(),
        SelectKBest(k=3), PCA(2, svd_solver="randomized", random_state=0), net,
    )  # fmt: skip
    table = patients[["age", "bmi", "crp"]]
    model.fit(table, outcome)
    told = answer_of_a_fresh_process(model, table, tmp_path)
    assert told == model.predict_proba(table).tobytes()
