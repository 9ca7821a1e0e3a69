"""What an alarm is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Alarm:
    """Something about a comparison that its reader must know before believing it.

    Attributes
    ----------
    name : str
        Which check it is: ``"inverted"``, ``"cohort_shift"``, ``"duplicates"``,
        ``"single_feature"``, ``"groups_cross_folds"``, ``"fitted_outside"`` or
        ``"few_positives"``.
    severity : {"error", "warning"}
        ``"error"`` where the scores cannot be believed as they stand.
    message : str
        What was found, with its numbers, and what to do about it.
    evidence : dict
        The numbers, for a program to read.
    reference : str
        The paper that describes the fault.
    """

    name: str
    severity: Literal["warning", "error"]
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)
    reference: str = ""

    def __str__(self) -> str:
        """Name, severity and message on one line."""
        return f"{self.name} ({self.severity}): {self.message}"
