"""`make bench ARGS=--peers`: the portal beside a floor, a probe, Django's admin and Flask-Admin.

All of them are measured at the same time over the same made-up families, on this machine. The
peers have a virtual environment of their own under build/, so none of them is a dependency of the
portal. README.md says what is measured and how to read the table.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
FOLDER = ROOT / "build" / "peers"
SIZES = (1000, 100_000, 300_000)
TARGETS = ("floor", "flaskcore", "django", "flaskadmin")


def run(sizes: Sequence[int], folder: Path = FOLDER, rounds: int = 3, seconds: float = 1.5) -> None:
    """Measure all targets at each size, and print the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    python = _environment(folder / "venv")
    recipes = [HERE / "recipes" / f"{name}.json" for name in TARGETS]
    recipes.append(portal_recipe(folder))
    found = []
    for families in sizes or SIZES:
        data = make_data(families, folder / f"d{families}", python)
        found.append(folder / f"sqlite-{families}.json")
        measures = ["--out", found[-1], "--rounds", rounds, "--secs", seconds]
        _call(python, HERE / "bench.py", data, *recipes, *measures)
    if len(found) > 1:
        _call(python, HERE / "growth.py", *found)


def make_data(families: int, folder: Path, python: Path | str = sys.executable) -> Path:
    """Make the data set of a size, if it is not there yet."""
    if not (folder / "meta.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _call(python, HERE / "gen.py", families, folder)
    return folder


def portal_recipe(folder: Path) -> Path:
    """Write the portal's own recipe, with the places of this checkout filled in."""
    text = (HERE / "recipes" / "portal.json").read_text()
    places = {"{PORTAL}": ROOT, "{PEERS}": HERE, "{PYTHON}": sys.executable}
    for name, place in places.items():
        text = text.replace(name, str(place))
    written = folder / "portal.json"
    written.write_text(text)
    return written


def _environment(folder: Path) -> Path:
    """Install the peers where they are not, or not in these versions."""
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = HERE / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        _call(sys.executable, "-m", "venv", folder)
        _call(python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", wanted)
        installed.write_text(wanted.read_text())
    return python


def _call(*command: object) -> None:
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True)
