"""The wheel: what is in it, and that it does the main job far from the source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAPPED = ("server", "steps", "features", "fixtures")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the files that are tracked, away from the checkout's own build folder."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in _tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("hookassay-*.whl"))


def _tracked() -> list[str]:
    """The files of the checkout that git tracks or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def test_wheel_holds_every_file_of_every_room(wheel: Path) -> None:
    """Every file of the five code folders is in the wheel, under the one name hookassay."""
    expected = set()
    for name in _tracked():
        top = name.partition("/")[0]
        if top == "hookassay":
            expected.add(name)
        elif top in MAPPED:
            expected.add(f"hookassay/{name}")

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == expected


def test_wheel_installs_nothing_but_hookassay(wheel: Path) -> None:
    """No generic name such as `server` lands in a user's site-packages."""
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"hookassay"}


@pytest.mark.slow
def test_wheel_certifies_from_a_hostile_folder(wheel: Path, tmp_path: Path) -> None:
    """A project with its own server package, conftest.py and broken pytest.ini does not disturb the main job."""
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    project = tmp_path / "project"
    (project / "server").mkdir(parents=True)
    for name in ("server/__init__.py", "steps.py", "fixtures.py", "conftest.py"):
        (project / name).write_text("raise RuntimeError('the project was imported')\n")
    (project / "pytest.ini").write_text("[pytest\nnot an ini file\n")
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "none"}

    done = subprocess.run(
        [sys.executable, "-c", "from hookassay.cli import main; main()", "certify", "--only", "signed,replayed"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed (partial)" in done.stdout.splitlines()
