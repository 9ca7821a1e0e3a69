"""What ``accuracy.py`` has measured: a CSV that survives a stop at any moment."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import zlib
from functools import cache
from pathlib import Path

import pandas as pd
from _peers import CONTENDERS
from filelock import FileLock

KEY = ["table", "fold", "model"]
COUNTS = ["n_train", "n_test"]
COLUMNS = [
    *KEY,
    "status",
    "score",
    "loss",
    "accuracy",
    "balanced",
    "fit_cpu",
    "fit_wall",
    "predict_cpu",
    *COUNTS,
    "version",
    "commit",
]


class Ledger:
    """Rows of (table, fold, model), one line each; two runs may write at a time."""

    def __init__(self, path: Path):
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        # The lock lies elsewhere, so that nothing but results is in the folder.
        name = f"sknn-bio-{zlib.crc32(str(path.resolve()).encode())}.lock"
        self.lock = FileLock(Path(tempfile.gettempdir()) / name)
        self.mutex = threading.Lock()
        with self.lock:
            if not path.exists():
                pd.DataFrame(columns=COLUMNS).to_csv(path, index=False)
        self.statuses = self.rows().set_index(KEY)["status"].to_dict()

    def rows(self) -> pd.DataFrame:
        """Return everything that was measured."""
        with self.lock:
            return pd.read_csv(self.path, dtype=dict.fromkeys(COUNTS, "Int64"))

    def is_settled(self, table: str, fold: int, model: str) -> bool:
        """Whether a fit is measured, or its model ran out of time on this table."""
        with self.mutex:
            known = self.statuses
            out = any(known.get((table, f, model)) == "timeout" for f in range(fold))
            return out or (table, fold, model) in known

    def append(self, table: str, fold: int, model: str, row: dict) -> None:
        """Write a line at once."""
        numbers = {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
        line = {"table": table, "fold": fold, "model": model, **numbers}
        line |= {"version": CONTENDERS[model].version, "commit": commit()}
        frame = pd.DataFrame([line]).reindex(columns=COLUMNS)
        with self.mutex, self.lock:
            frame.to_csv(self.path, mode="a", header=False, index=False)
            self.statuses[table, fold, model] = row["status"]
        shown = ("status", "score", "loss", "fit_cpu")
        print(table, fold, model, *(numbers.get(k) for k in shown), flush=True)

    def drop(self, models, tables) -> None:
        """Forget the rows of these models on these tables."""
        with self.mutex, self.lock:
            rows = self.rows()  # the lock lets its holder in again
            gone = rows["model"].isin(models) & rows["table"].isin(tables)
            rows[~gone].to_csv(self.path, index=False)
            for key in rows.loc[gone, KEY].itertuples(index=False, name=None):
                del self.statuses[key]


@cache
def commit() -> str:
    """The commit of the working tree, with a + where the library has changed since."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=here, capture_output=True, text=True
            )
        except FileNotFoundError:
            return ""
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", "../sknn_bio")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")
