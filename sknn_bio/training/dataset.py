"""One member's rows, in the form that skorch's scoring callbacks ask for."""

from __future__ import annotations

import numpy as np
import torch
from skorch.dataset import Dataset
from torch import Tensor

from sknn_bio.data import MemberRows
from sknn_bio.training.run import PopulationRun


class ScaledRows:
    """Rows as the network sees them, as :class:`RowsDataset` hands them to scorers."""

    def __init__(self, x: Tensor):
        self.x = x

    def __len__(self) -> int:
        return self.x.shape[1]


class RowsDataset(Dataset):
    """One member's rows, in the form that skorch's scoring callbacks ask for."""

    def __init__(self, run: PopulationRun, valid: bool):
        self.run, self.valid = run, valid

    @property
    def _rows(self) -> MemberRows:
        if self.valid:
            assert self.run.valid_rows is not None
            return self.run.valid_rows
        assert self.run.train_loader is not None
        loader = self.run.train_loader
        return MemberRows(loader.table, loader.rows, loader.maps)

    def __len__(self) -> int:
        return self._rows.y.shape[1]

    @property
    def X(self) -> ScaledRows:
        """The inputs, as :meth:`PopulationNet.predict_proba` takes them."""
        return ScaledRows(torch.cat(list(self._rows), 1))

    @property
    def y(self) -> np.ndarray:
        """The labels or targets, as the user gave them."""
        return self.run.as_given(self._rows.y[0])
