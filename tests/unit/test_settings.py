"""Settings: the later source wins, and a bad value says where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiphys.errors import BadInput
from tiphys.settings import load_settings


def test_flags_win_over_environment_over_file(tmp_path: Path) -> None:
    (tmp_path / "tiphys.toml").write_text('executor = "process"\nmax-parallel = 3\noffline = true\n')
    settings = load_settings(
        {"max_parallel": 7}, environ={"TIPHYS_EXECUTOR": "warm", "TIPHYS_MAX_PARALLEL": "5"}, start=tmp_path
    )
    assert (settings.executor, settings.max_parallel, settings.offline) == ("warm", 7, True)
    assert settings.where["executor"] == "TIPHYS_EXECUTOR"
    assert settings.where["offline"].endswith("tiphys.toml")


def test_state_lies_in_the_project_that_encloses_the_folder(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.tiphys]\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert load_settings(environ={}, start=below).state_dir == tmp_path.resolve() / ".tiphys"


def test_without_a_project_state_lies_with_the_user(tmp_path: Path) -> None:
    settings = load_settings(environ={"XDG_STATE_HOME": "/xdg", "HOME": "/h"}, start=Path("/"))
    assert settings.state_dir == Path("/xdg/tiphys")
    assert settings.environments_dir == Path("/h/.cache/tiphys/environments")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exekutor = 'warm'", "unknown setting `exekutor`"),
        ("executor = 'slurm'", "setting `executor` is 'slurm'"),
        ("max_parallel = -1", "setting `max_parallel` is -1"),
        ("max_parallel = true", "setting `max_parallel` is True"),
        ("offline = 'perhaps'", "setting `offline` is 'perhaps'"),
        ("executor = ", "not valid TOML"),
    ],
)
def test_bad_values_name_the_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "tiphys.toml").write_text(text)
    with pytest.raises(BadInput) as caught:
        load_settings(environ={}, start=tmp_path)
    assert message in str(caught.value)
    assert "tiphys.toml" in str(caught.value)
    assert caught.value.remedy
