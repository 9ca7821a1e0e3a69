"""What a notebook shows of an estimator, once it is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class _Below:
    """scikit-learn's table of parameters with something above it."""

    above: str
    params: Any

    def _repr_html_inner(self) -> str:
        return self.above + self.params._repr_html_inner()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.params, name)


class FittedHTML:
    """Puts what was learned above the parameters, in a Pipeline's box too.

    scikit-learn asks each estimator of a diagram for the table of its parameters: that
    is the one place that is the same alone, in a Pipeline and in a ColumnTransformer.
    """

    def _get_params_html(self, *args: Any, **kwargs: Any) -> Any:
        params = super()._get_params_html(*args, **kwargs)  # type: ignore[misc]
        if not hasattr(self, "population_"):
            return params
        from sknn_bio.reporting._fitted_html import fitted_html

        return _Below(fitted_html(self), params)
