"""How the networks of a comparison learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from sknn_bio.model_selection import Comparison
from sknn_bio.reporting._display import Display, NothingToDraw, ranked
from sknn_bio.reporting._style import CYCLE, dress, legend_below, scaled, shorten


@dataclass(eq=False)
class LearningCurvesDisplay(Display):
    """Training and validation loss of each network, epoch by epoch.

    Thin lines are fits, the mean over their members; thick ones are the mean over all
    fits, as far as half of them run.

    Parameters
    ----------
    curves : dict of str to DataFrame
        Network → columns fit, epoch, train_loss, valid_loss.
    numbers : dict of str to int
        Model → its place in the comparison, which decides its colour.
    """

    curves: dict[str, pd.DataFrame]
    numbers: dict[str, int]

    @classmethod
    def from_comparison(
        cls, comparison: Comparison, *, ax: Any = None
    ) -> LearningCurvesDisplay:
        """Draw the learning curves of a comparison.

        Parameters
        ----------
        comparison : Comparison
            With at least one network of this library.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        LearningCurvesDisplay

        Raises
        ------
        ValueError
            If no model keeps a history.
        """
        curves = {
            name: _gathered(fits) for name, fits in comparison.histories.items() if fits
        }
        if not curves:
            raise NothingToDraw(
                "learning curves need a network of this library, got none"
            )
        return cls(curves, ranked(comparison)).plot(ax)

    def _draw(self, ax: Any) -> None:
        entries = []
        for name, curve in self.curves.items():
            color = CYCLE[self.numbers[name] % len(CYCLE)]
            kinds = {"valid_loss": ("-", "validation"), "train_loss": (":", "training")}
            for column, (style, word) in kinds.items():
                if not curve[column].notna().any():
                    continue
                wide = curve.pivot(index="epoch", columns="fit", values=column)
                if column == "valid_loss" and wide.shape[1] > 1:
                    ax.plot(
                        wide.index, wide, color=color, linewidth=scaled(0.5), alpha=0.3
                    )
                mean = wide.mean(axis=1)[wide.notna().mean(axis=1) >= 0.5]
                (drawn,) = ax.plot(
                    mean.index,
                    mean,
                    color=color,
                    linewidth=scaled(1.8),
                    linestyle=style,
                )
                entries.append((drawn, f"{shorten(name, 20)}, {word}"))
        dress(ax, xlabel="Epoch", ylabel="Loss")
        ax.xaxis.get_major_locator().set_params(integer=True)
        legend_below(ax, entries, columns=2)


def _gathered(fits: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the mean over the members of each fit."""
    means = [
        fit.groupby("epoch")[["train_loss", "valid_loss"]].mean().reset_index()
        for fit in fits
    ]
    return pd.concat(means, keys=range(len(means)), names=["fit", None]).reset_index(
        "fit"
    )
