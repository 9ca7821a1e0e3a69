"""The works of ``speed.py``: ours, scikit-learn's, skorch's, and the source's loop."""

from __future__ import annotations

import copy
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import skorch
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import PopulationSearchCV


class Perceptron(nn.Module):
    """Two hidden layers, for skorch and for the source's loop."""

    def __init__(self, d_in, hidden=100, dropout=0.0):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, 1),
        )

    def forward(self, x):
        return self.layers(x)[:, 0]


class FloatTargets(skorch.NeuralNetBinaryClassifier):
    """skorch's classifier, which needs float targets for its loss."""

    def fit(self, X, y, **params):
        return super().fit(X, y.astype(np.float32), **params)


def breast_cancer():
    """Return 455 standardised training rows and the rest of the table."""
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    X = (X - X[:455].mean(0)) / X[:455].std(0)
    return X[:455], y[:455], X[455:], y[455:]


def sklearn_mlp(epochs, hidden=(100, 100), batch=32):
    """Return scikit-learn's network with a fixed number of epochs."""
    return MLPClassifier(
        hidden,
        batch_size=batch,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        tol=0.0,
        random_state=0,
    )


def skorch_mlp(d_in, epochs, hidden=100, batch=32, dropout=0.0):
    """Return skorch's classifier as its users set it up."""
    return FloatTargets(
        Perceptron,
        module__d_in=d_in,
        module__hidden=hidden,
        module__dropout=dropout,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        max_epochs=epochs,
        batch_size=batch,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def ours(epochs, **params):
    """Return our network with scikit-learn's arithmetic: Adam, no decay, no stop."""
    settings = {
        "n_neurons": 100,
        "batch_size": 32,
        "max_epochs": epochs,
        "early_stopping": False,
        "dropout": 0.0,
        "optimizer": "adam",
        "weight_decay": 0.0,
        "lr_schedule": "constant",
        "n_members": 1,
        "random_state": 0,
    }
    return NeuralNetBinaryClassifier(**{**settings, **params})


def fit_and_score(model, X, y, X_test, y_test, dtype=np.float64):
    """Return the seconds of a fit, and its ROC AUC on other rows."""
    X = X.astype(dtype)
    start = time.perf_counter()
    model.fit(X, y)
    spent = time.perf_counter() - start
    prob = model.predict_proba(X_test.astype(dtype))[:, 1]
    return spent, roc_auc_score(y_test, prob)


def grid(kind, epochs, values):
    """Search 3 sizes × 3 dropouts (or penalties) × 3 rates; return the best mean."""
    X, y = load_breast_cancer(return_X_y=True)
    X = X.astype(np.float32) if kind == "skorch" else X
    rates, shares, sizes = [1e-3, 3e-3, 1e-2], [0.0, 0.2, 0.4], [32, 64, 100]
    rates, shares, sizes = rates[:values], shares[:values], sizes[:values]
    common = {"scoring": "roc_auc", "n_jobs": 2}
    if kind == "ours":
        net = ours(epochs, optimizer="adamw")
        space = {"net__n_neurons": sizes, "net__dropout": shares, "net__lr": rates}
        search = PopulationSearchCV(_pipeline(net), space, **common)
    elif kind == "skorch":
        net = skorch_mlp(30, epochs)
        space = {
            "net__module__hidden": sizes,
            "net__module__dropout": shares,
            "net__lr": rates,
        }
        search = GridSearchCV(_pipeline(net), space, **common)
    else:
        space = {
            "net__hidden_layer_sizes": [(h, h) for h in sizes],
            "net__alpha": [1e-4, 1e-3, 1e-2][:values],
            "net__learning_rate_init": rates,
        }
        search = GridSearchCV(_pipeline(sklearn_mlp(epochs)), space, **common)
    return search.fit(X, y).best_score_


def _pipeline(net):
    return Pipeline([("scale", StandardScaler()), ("net", net)])


def cells(n_rows, n_genes):
    """Return log counts of two kinds of cells, float32."""
    rng = np.random.default_rng(0)
    X = np.log1p(rng.poisson(0.3, (n_rows, n_genes)).astype(np.float32))
    signal = X[:, :20].sum(1) - X[:, 20:40].sum(1)
    y = (signal + rng.normal(0, 1.5, n_rows) > 0).astype(int)
    return X, y


def source_epoch(X, y, hidden, batch):
    """One epoch as the source has it: float64, a DataLoader, weights copied."""
    torch.manual_seed(0)
    net = Perceptron(X.shape[1], hidden, 0.2).double()
    data = torch.utils.data.TensorDataset(
        torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    )
    loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    criterion = nn.BCEWithLogitsLoss()
    start = time.perf_counter()
    net.train()
    for rows, labels in loader:
        optimizer.zero_grad()
        loss = criterion(net(rows), labels)
        loss.backward()
        optimizer.step()
        loss.item()
    copy.deepcopy(net.state_dict())
    spent = time.perf_counter() - start
    net.eval()
    with torch.no_grad():
        prob = net(torch.tensor(X[:2000], dtype=torch.float64)).numpy()
    return spent, roc_auc_score(y[:2000], prob)


def net_epoch(model, X, y):
    """Return the seconds of a skorch or sknn_bio epoch, from its own history."""
    model.fit(X, y)
    if isinstance(model, NeuralNetBinaryClassifier):
        spent = float(model.history_["seconds"].iloc[-1])
    else:
        spent = model.history[-1]["dur"]
    return spent, roc_auc_score(y[:2000], model.predict_proba(X[:2000])[:, 1])


def products_alone(n_rows, n_genes, hidden, batch):
    """Return the seconds of an epoch's matrix products and nothing else, float32."""
    x, h = torch.randn(batch, n_genes), torch.randn(batch, hidden)
    first, second = torch.randn(n_genes, hidden), torch.randn(hidden, hidden)
    start = time.perf_counter()
    for _ in range(-(-n_rows // batch)):
        x @ first
        h @ second
        x.T @ h
        h.T @ h
        h @ second.T
    return time.perf_counter() - start, float("nan")


def in_process(code):
    """Return the seconds that a fresh Python takes for some code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start, float("nan")


def search_memory(epochs):
    """Return the bytes that a search of 135 networks adds to its peak, and the bound.

    The bound is twice the stacked weights and their optimiser's state, and the table.
    """
    code = (
        "import numpy as np, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import _jobs as jobs\n"
        "rng = np.random.default_rng(0)\n"
        "X = rng.normal(size=(20_000, 200)); y = (X[:, 0] > 0).astype(int)\n"
        # Of this process alone; getrusage's maximum is inherited from the parent.
        "status = lambda: open('/proc/self/status').read()\n"
        "peak = lambda: int(status().split('VmHWM:')[1].split()[0]) * 1024\n"
        f"net = jobs.ours({epochs}, n_neurons=100, batch_size=256)\n"
        "jobs.ours(1).fit(X[:100], y[:100])\n"
        "before = peak()\n"
        "grid = {'lr': list(np.geomspace(1e-4, 1e-2, 27))}\n"
        "jobs.PopulationSearchCV(net, grid, scoring='roc_auc').fit(X, y)\n"
        "print(peak() - before, X.nbytes)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    weights = 200 * 100 + 100 + 100 * 100 + 100 + 100 + 1
    bound = 2 * 135 * weights * 4 * 3 + int(out[1]) + 200e6
    return int(out[0]), bound
