"""A fit that torchrun starts in several processes; called by test_parallel.py."""

import json
import os
import sys

import numpy as np
from sklearn.datasets import load_breast_cancer

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.ondisk import open_rows


def main() -> None:
    settings, folder = json.loads(sys.argv[1]), sys.argv[2]
    on_disk = settings.pop("on_disk", False)
    X, y = load_breast_cancer(return_X_y=True)
    if on_disk:
        X = open_rows(os.path.join(folder, "table.npy"))
    network = NeuralNetBinaryClassifier(random_state=0, **settings).fit(X, y)
    name = os.path.join(folder, f"answer-{os.environ.get('RANK', 'alone')}.npz")
    np.savez(
        name,
        proba=network.predict_proba(X),
        train_loss=network.history_["train_loss"],
        valid_loss=network.history_["valid_loss"],
        **{f"weight {k}": v for k, v in network.population_.weights.items()},
    )


if __name__ == "__main__":
    main()
