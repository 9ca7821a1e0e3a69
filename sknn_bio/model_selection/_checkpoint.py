"""A folder of finished folds, so that a killed comparison goes on where it stopped.

One file a model and fold, written whole or not at all, and one that says what they are
of: no pickle, so that opening a folder of another runs nothing.
"""

from __future__ import annotations

import io
import json
import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.model_selection._fingerprint import differing
from sknn_bio.model_selection._one_fit import FoldResult

_ARRAYS = ("label", "proba", "score")
_NUMBERS = ("threshold", "fit_seconds", "predict_seconds", "inner_score")
_HISTORY = "history__"
_COLUMNS, _IMPORTANCES = "columns", "importances"


class Checkpoint:
    """The finished folds of one comparison.

    Parameters
    ----------
    folder : path
        Made where it is not there.
    fingerprint : dict
        What decides the numbers.

    Raises
    ------
    ValueError
        If the folder is of another comparison.
    """

    def __init__(self, folder: str | os.PathLike, fingerprint: dict[str, Any]):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        about = self.folder / "comparison.json"
        fingerprint = json.loads(json.dumps(fingerprint))
        if about.exists():
            old = json.loads(about.read_text("utf-8"))
            words = differing(old, fingerprint)
            if words:
                raise ValueError(
                    f"checkpoint {str(folder)!r} is of another comparison; what "
                    f"differs: {'; '.join(words)}. Give another folder, or remove it"
                )
        else:
            write_whole(about, json.dumps(fingerprint, indent=1).encode())

    def _path(self, model: int, repeat: int, fold: int) -> Path:
        return self.folder / f"model{model}_repeat{repeat}_fold{fold}.npz"

    def save(self, model: int, repeat: int, fold: int, result: FoldResult) -> None:
        """Keep a finished fold; one that failed is tried again."""
        if result.error:
            return
        about = {name: getattr(result, name) for name in _NUMBERS}
        text = json.dumps({**about, "best_params": result.best_params})
        arrays = {
            name: getattr(result, name)
            for name in _ARRAYS
            if getattr(result, name) is not None
        }
        if result.history is not None:
            for column in result.history:
                values = result.history[column].to_numpy()
                values = values.astype(str) if values.dtype == object else values
                arrays[f"{_HISTORY}{column}"] = values
        if result.importances is not None:
            arrays[_COLUMNS] = result.importances.index.to_numpy(dtype=str)
            arrays[_IMPORTANCES] = result.importances.to_numpy()
        buffer = io.BytesIO()
        np.savez(buffer, about=np.array(text), **arrays)
        write_whole(self._path(model, repeat, fold), buffer.getvalue())

    def load(self, model: int, repeat: int, fold: int) -> FoldResult | None:
        """Return a finished fold; None where it is not there."""
        path = self._path(model, repeat, fold)
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            result = FoldResult(**about)
            for name in _ARRAYS:
                if name in stored:
                    setattr(result, name, stored[name])
            if _IMPORTANCES in stored:
                index = pd.Index(stored[_COLUMNS], name="feature")
                result.importances = pd.Series(stored[_IMPORTANCES], index)
                result.importances.name = "importance"
            history = {
                name.removeprefix(_HISTORY): stored[name]
                for name in stored.files
                if name.startswith(_HISTORY)
            }
        if history:
            result.history = pd.DataFrame(history)
        return result


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
