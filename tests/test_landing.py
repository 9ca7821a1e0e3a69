"""The numbers on the first page are those of the benchmarks."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE, MEASURED = ROOT / "docs" / "index.rst", ROOT / "benchmarks"
if not (PAGE.exists() and MEASURED.exists()):
    pytest.skip(
        "pages and benchmarks are not beside the tests", allow_module_level=True
    )

GIB = 2**30 / 1e9
FACTS = [  # what the page says, where the number stands, and its unit there
    (
        r"(0\.\d\d) ×\n +XGBoost's",
        "RESULTS.md",
        r"error relative to XGBoost \| (\S+)",
        1,
    ),
    (r"over (\d+) tables", "RESULTS.md", r"win rate against XGBoost \((\d+) tables", 1),
    (r"(0\.\d\d) ×\n +skorch's", "results/speed.md", r"27 × 5 .*skorch \| (\S+)", 1),
    (r"(\d) %\n +false", "results/statistics.md", r"200 .*× 10 \| (\S+)", 100),
    (r"on (\d\d) % of", "results/statistics.md", r"200 .*× 10 \|[^|]+\| (\S+)", 100),
    (
        r"in (\d\.\d) GB",
        "results/scale.md",
        r"1000000 \| disk .*\| (\S+) \|  \|",
        GIB / 1024,
    ),
]


@pytest.mark.parametrize(("said", "file", "stands", "unit"), FACTS)
def test_a_number_of_the_first_page_was_measured(said, file, stands, unit):
    on_page = re.search(said, PAGE.read_text("utf-8"))[1]
    measured = re.search(stands, (MEASURED / file).read_text("utf-8"))[1]
    digits = len(on_page.partition(".")[2])
    assert float(on_page) == pytest.approx(
        float(measured) * unit, abs=0.501 / 10**digits
    )
