"""What a notebook shows of a fitted estimator, above its parameters."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import pandas as pd

from sknn_bio.reporting._parts import number, plural, seconds
from sknn_bio.reporting._style import COLORS, words

_WIDTH, _HEIGHT, _EDGE = 180, 44, 4  # of the sparkline, in pixels
# scikit-learn's box is light in both themes, and sets its own colour of text. The
# names keep the rules inside: a style element reaches the whole page.
_STYLE = """<style>
.sknn-bio-fitted {color: var(--sklearn-color-text, currentColor); padding: .6em .8em;
 font-size: .9em; line-height: 1.5; text-align: left; max-width: 46em}
.sknn-bio-fitted svg {float: right; margin: 0 0 .4em 1em; overflow: visible}
.sknn-bio-fitted ul {list-style: none; margin: 0; padding: 0}
.sknn-bio-fitted p {margin: .5em 0 0; clear: both}
.sknn-bio-fitted code {background: none; color: inherit; padding: 0}
</style>"""


def fitted_html(estimator: Any) -> str:
    """Return facts, curve and resolved settings of a fitted estimator.

    Parameters
    ----------
    estimator : estimator of this library
        Fitted.

    Returns
    -------
    str
        A ``<div>`` with a style of its own; without scripts, and names are escaped.
    """
    facts = "".join(f"<li>{html.escape(fact)}</li>" for fact in facts_of(estimator))
    settings = resolved_settings(estimator)
    resolved = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    if resolved:
        resolved = f"<p>Resolved: <code>{html.escape(resolved)}</code></p>"
    curve = sparkline(estimator)
    return (
        f'<div class="sknn-bio-fitted">{_STYLE}{curve}<ul>{facts}</ul>{resolved}</div>'
    )


def facts_of(estimator: Any) -> list[str]:
    """Return what was learned and how well, a line each."""
    members = plural(int(estimator.n_members_), "member")
    columns = plural(int(estimator.n_features_in_), "column")
    held_out = getattr(estimator, "oof_prediction_", None)
    rows = "" if held_out is None else f"{plural(len(held_out), 'row')} × "
    facts = [f"{members}, fitted on {rows}{columns}"]
    score = getattr(estimator, "oof_score_", None)
    if score is not None and np.isfinite(score):
        metric = "ROC AUC" if hasattr(estimator, "classes_") else "R²"
        facts.append(f"Out-of-fold {metric}: {number(float(score))}")
    if hasattr(estimator, "classes_"):
        facts.append(_classes(estimator.classes_))
    history = estimator.history_
    ran = plural(int(estimator.n_iter_), "epoch")
    if estimator.population_.settings.restore_best:
        best = np.atleast_1d(estimator.best_epoch_)
        span = f"{best.min()} to {best.max()}, median " if len(best) > 1 else ""
        facts.append(f"Best epoch: {span}{int(np.median(best))} ({ran} run)")
    else:
        facts.append(f"{ran} run, the last one kept")
    if "seconds" in history:
        spent = float(history.groupby("epoch")["seconds"].max().sum())
        facts.append(f"Trained in {seconds(spent)}")
    return facts


def _classes(classes: np.ndarray) -> str:
    names = [str(name) for name in classes]
    if len(names) == 2:
        return f"Classes: {names[0]}, {names[1]} (positive)"
    shown = ", ".join(names[:6])
    return f"{len(names)} classes: {shown}{', …' if len(names) > 6 else ''}"


def resolved_settings(estimator: Any) -> dict[str, Any]:
    """Return what each setting that was left to the library became."""
    state = estimator.population_
    settings, views = state.settings, state.plan.views
    regression = settings.task == "regression"
    became: dict[str, Any] = {
        "n_neurons": tuple(state.network.params.get("n_neurons", ())),
        "n_members": int(estimator.n_members_),
        "input_scaling": None if views is None else tuple(dict.fromkeys(views)),
        "batch_size": settings.batch_size,
        "early_stopping": settings.restore_best,
        "monitor": settings.monitor,
        "loss": "squared_error" if regression else "cross_entropy",
        "precision": "bfloat16" if settings.half_products else settings.dtype,
        "device": settings.device,
    }
    if isinstance(became["input_scaling"], tuple) and len(became["input_scaling"]) == 1:
        became["input_scaling"] = became["input_scaling"][0]
    if state.network.module is not None:
        became.pop("n_neurons")
    asked = estimator.get_params(deep=False)
    left_open = ("auto", "two_thirds")
    return {
        name: value
        for name, value in became.items()
        if isinstance(asked.get(name), str) and asked[name] in left_open
    }


def sparkline(estimator: Any) -> str:
    """Return the mean losses of the members as a small picture, without scripts.

    Dashed: training; solid: validation; the dot is the median of the best epochs.
    """
    history = estimator.history_
    curves = {
        name: mean_curve(history, name)
        for name in ("train_loss", "valid_loss")
        if name in history
    }
    curves = {name: curve for name, curve in curves.items() if len(curve) > 1}
    if not curves:
        return ""
    everything = pd.concat(curves.values())
    low, high = float(everything.min()), float(everything.max())
    last = max(int(curve.index.max()) for curve in curves.values())

    def place(epoch: float, loss: float) -> tuple[float, float]:
        x = _EDGE + (_WIDTH - 2 * _EDGE) * (epoch - 1) / max(last - 1, 1)
        y = _EDGE + (_HEIGHT - 2 * _EDGE) * (high - loss) / ((high - low) or 1.0)
        return round(x, 1), round(y, 1)

    looks = {
        "train_loss": f'stroke="{COLORS["vermillion"]}" stroke-dasharray="4 2"',
        "valid_loss": f'stroke="{COLORS["blue"]}"',
    }
    shapes = []
    for name, curve in curves.items():
        points = " ".join("{},{}".format(*place(e, v)) for e, v in curve.items())
        shapes.append(
            f'<polyline points="{points}" fill="none" stroke-width="1.5" '
            f"{looks[name]}/>"
        )
    said = "; ".join(
        f"{words(name)} from {number(curve.iloc[0])} to {number(curve.iloc[-1])}"
        for name, curve in curves.items()
    )
    best = int(np.median(estimator.best_epoch_))
    if estimator.population_.settings.restore_best and best in curves.get(
        "valid_loss", pd.Series(dtype=float)
    ):
        x, y = place(best, float(curves["valid_loss"][best]))
        shapes.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{COLORS["blue"]}"/>')
        said += f"; best epoch {best}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{_WIDTH}" '
        f'height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}">'
        f"<title>{html.escape(said)}</title>{''.join(shapes)}</svg>"
    )


def mean_curve(history: pd.DataFrame, column: str) -> pd.Series:
    """Return epoch → the mean over the members, as far as half of them run."""
    wide = history.pivot(index="epoch", columns="member", values=column)
    enough = wide.notna().mean(axis=1) >= 0.5
    return wide.mean(axis=1)[enough].replace([np.inf, -np.inf], np.nan).dropna()
