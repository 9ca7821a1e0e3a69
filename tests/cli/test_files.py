import os
import stat

import pytest

from sknn_bio.cli._files import check_new, written_whole


def test_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.csv"
    with written_whole(path) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".csv"
        temporary.write_text("whole")
        inode = temporary.stat().st_ino
        assert not path.exists()
    assert path.read_text() == "whole"
    assert path.stat().st_ino == inode  # renamed: no reader ever sees a half
    with pytest.raises(RuntimeError), written_whole(path, force=True) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "plain").touch()
    with written_whole(tmp_path / "out") as temporary:
        temporary.touch()
    modes = {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
    assert len(modes) == 1


def test_nothing_is_replaced_unasked(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="--force replaces it"):
        check_new(path, force=False)
    check_new(path, force=True)
    with pytest.raises(IsADirectoryError, match="must not be a folder"):
        check_new(tmp_path, force=True)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        check_new(tmp_path / "none" / "out.csv", force=True)


def test_nothing_is_replaced_that_came_meanwhile(tmp_path):
    path = tmp_path / "out.csv"
    with pytest.raises(FileExistsError), written_whole(path) as temporary:
        temporary.write_text("mine")
        path.write_text("another's")
    assert path.read_text() == "another's"
