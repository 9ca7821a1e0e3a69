import sys

import pytest

from sknn_bio._optional import require


def test_returns_the_module():
    assert require("json", extra="report") is sys.modules["json"]


@pytest.mark.parametrize("name", ["sknn_no_such", "sknn_no_such.inner"])
def test_absent_package_names_the_extra(name):
    with pytest.raises(ImportError, match=r'sknn_no_such .* "sknn-bio\[report\]"'):
        require(name, extra="report")


def test_blocked_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"sknn-bio\[report\]") as caught:
        require("matplotlib", extra="report")
    assert caught.value.name == "matplotlib"


def test_error_inside_a_package_is_its_own(monkeypatch, tmp_path):
    (tmp_path / "sknn_broken.py").write_text("import sknn_missing_inside\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="sknn_missing_inside"):
        require("sknn_broken", extra="report")
