"""Kill fits at random moments, resume them, and compare with ones that were not killed.

    python tests/soak/soak_kills.py --moments 50
    python tests/soak/soak_kills.py --moments 10 --disk 200000

Each moment: a process fits a population with `checkpoint_dir` and is killed (SIGKILL);
another one resumes it to the end. Weights, curves and out-of-fold predictions must be
those of a fit that nobody killed, to the bit, and every checkpoint must be readable.
The moments take turns between an ensemble, a cross-validation in chunks, and a user's
own module with random numbers of torch's.

With `--disk` no file may grow past so many bytes while the first process trains (its
writes fail as on a full disk), so that an older checkpoint is what is resumed; with
`--folder` on a small file system, the disk is really full.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import KFold
from torch import nn

from sknn_bio import NeuralNetBinaryClassifier
from sknn_bio.model_selection import population_cross_validate
from sknn_bio.training import checkpoint
from sknn_bio.training.packing import unpack

X, Y = load_breast_cancer(return_X_y=True)


class Noisy(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(d_in, 16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, d_out)
        )

    def forward(self, x):
        return self.layers(x)


def net(folder, **params):
    base = {"n_neurons": 32, "lr": 3e-3, "patience": 15, "random_state": 0}
    return NeuralNetBinaryClassifier(checkpoint_dir=folder, **{**base, **params})


def ensemble(folder, epochs):
    return [net(folder, n_members=8, max_epochs=epochs).fit(X, Y)]


def cross_validation(folder, epochs):
    results = population_cross_validate(
        net(folder, n_members=4, max_epochs=epochs),
        X,
        Y,
        cv=KFold(3),
        return_estimator=True,
        max_memory=500_000,  # chunks of a few members
    )
    return results["estimator"]


def own_module(folder, epochs):
    return [net(folder, n_members=3, max_epochs=epochs, module=Noisy).fit(X, Y)]


KINDS = (ensemble, cross_validation, own_module)


def digest(models) -> bytes:
    sha = hashlib.sha256()
    for model in models:
        for name, weights in sorted(model.population_.weights.items()):
            sha.update(name.encode() + weights.tobytes())
        curves = model.history_.drop(columns="seconds")
        sha.update(curves.to_numpy().tobytes())
        sha.update(np.ascontiguousarray(model.oof_prediction_).tobytes())
    return sha.digest()


def in_a_process(work) -> int:
    """Fork, do the work there, and return the process's number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:
        print(f"    {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def fit_and_tell(kind, epochs, folder, answer: Path) -> None:
    warnings.simplefilter("error")  # such as one of a damaged checkpoint
    warnings.filterwarnings("ignore", "no checkpoint could be written")
    answer.write_bytes(digest(kind(folder, epochs)))


def fit_on_a_small_disk(kind, epochs, folder, most: int | None) -> None:
    warnings.simplefilter("ignore")
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    kind(folder, epochs)


def unreadable(folder: Path) -> list[Path]:
    found = []
    for path in folder.rglob("*.safetensors"):
        try:
            unpack(path.read_bytes())
        except ValueError:
            found.append(path)
    return found


class Soak:
    """Fits of one kind, and what they must come to."""

    def __init__(self, kind, given, work: Path):
        self.kind, self.given, self.work = kind, given, work
        start = time.perf_counter()
        self.expected = self.finish(None)
        self.seconds = time.perf_counter() - start

    def finish(self, folder) -> bytes | None:
        """Fit to the end in another process; None where that failed."""
        answer = self.work / "answer"
        answer.unlink(missing_ok=True)
        epochs = self.given.epochs
        pid = in_a_process(lambda: fit_and_tell(self.kind, epochs, folder, answer))
        os.waitpid(pid, 0)
        return answer.read_bytes() if answer.exists() else None

    def kill_once(self, wait: float) -> tuple[bool, int, bool]:
        """Return whether it was killed, the checkpoints there were, and if all is well.

        The time is counted from the fit's beginning, its folder.
        """
        given, folder = self.given, Path(tempfile.mkdtemp(dir=self.given.folder))
        pid = in_a_process(
            lambda: fit_on_a_small_disk(self.kind, given.epochs, folder, given.disk)
        )
        while not any(folder.iterdir()):
            time.sleep(0.001)
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        kept = len(list(folder.rglob("latest.safetensors")))
        well = not unreadable(folder) and self.finish(folder) == self.expected
        shutil.rmtree(folder)
        return os.WIFSIGNALED(status), kept, well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--disk", type=int, help="bytes that a file may have at most")
    parser.add_argument("--folder", help="where the checkpoints are written")
    given = parser.parse_args()
    checkpoint._LEAST_SECONDS, checkpoint._SHARE = 0.0, np.inf
    rng = np.random.default_rng(given.seed)
    work = Path(tempfile.mkdtemp())
    net(None, n_members=2, max_epochs=1).fit(X, Y)  # what is loaded once is loaded now
    soaks: dict[int, Soak] = {}
    killed = resumed = wrong = 0
    for moment in range(given.moments):
        number = moment % len(KINDS)
        if number not in soaks:
            soaks[number] = Soak(KINDS[number], given, work)
        soak = soaks[number]
        wait = rng.uniform(0, soak.seconds)
        cut, kept, well = soak.kill_once(wait)
        killed += cut
        resumed += cut and kept > 0
        wrong += not well
        print(
            f"{moment + 1:3d} {soak.kind.__name__:16s} "
            f"{'killed' if cut else 'done  '} after {wait:4.2f} s, {kept} checkpoints: "
            f"{'equal' if well else 'NOT EQUAL'}",
            flush=True,
        )
    shutil.rmtree(work)
    print(f"{given.moments} moments: {killed} killed, {resumed} resumed, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
