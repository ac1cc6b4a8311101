"""The rooms: core, slurm and results know nothing of each other; what needs no torch does not import it."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {"ablations", "core", "results", "slurm"}


def imports(room: str) -> Iterator[tuple[str, str]]:
    """Each file of the room with the modules that it imports, wherever in the file."""
    for path in sorted((ROOT / room).rglob("*.py")):
        if "source" not in path.relative_to(ROOT / room).parts:  # results/source/ holds copies of all rooms
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom):
                    assert node.level == 0, f"{path} imports by a relative name"
                    names = [node.module or ""]
                yield from ((str(path.relative_to(ROOT)), name) for name in names)


@pytest.mark.parametrize("room", ["core", "results", "slurm"])
def test_a_room_imports_no_other(room: str) -> None:
    assert [(file, name) for file, name in imports(room) if name.partition(".")[0] in ROOMS - {room}] == []


def test_what_begins_with_an_underscore_is_of_its_room_alone() -> None:
    private = [(file, name) for file, name in imports("ablations") if "._" in name]
    assert [(file, name) for file, name in private if not name.startswith("ablations.")] == []


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_the_map_of_a_room_names_each_of_its_modules_once(room: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())) or ""
    _, _, shown = text.partition("What is where, a line an idea")
    named = [name for line in re.findall(r"^    \S.*?  +(.*)$", shown, re.MULTILINE) for name in line.split(", ")]
    assert sorted(named) == sorted(path.stem for path in (ROOT / room).glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("room", ["results", "slurm"])
def test_results_and_slurm_import_no_torch(room: str) -> None:
    assert [(file, name) for file, name in imports(room) if name.startswith("torch")] == []


WITHOUT_TORCH = {
    "help": ("run", "--help"),
    "the list of studies": ("run",),
    "a mistyped study": ("run", "projection_hed"),
    "a mistyped study with --set": ("run", "projection_hed", "--set", "epochs=3"),
    "a missing file": ("run", "my_study.py"),
    "a mistyped option": ("run", "projection_head", "--scale", "laptp"),
    "an empty report": ("report",),
    "help of export": ("export", "--help"),
    "a mistyped format": ("export", "projection_head", "--to", "cvs"),
    "an empty export": ("export", "projection_head", "--to", "csv"),
    "help of inspect": ("inspect", "--help"),
    "the views of a mistyped study": ("inspect", "views", "projection_hed"),
    "a run that nobody knows": ("inspect", "0123"),
}


def test_commands_that_need_no_torch_do_not_load_it(tmp_path: Path) -> None:
    script = f"""
import sys, importlib
from ablations._command import run_command
for name, *words in {list(WITHOUT_TORCH.values())}:
    sys.argv = [name, *words]
    try:
        run_command(name, importlib.import_module("ablations." + name).main)
    except SystemExit as left:
        print(left.code, "torch" in sys.modules)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [line for line in ended.stdout.splitlines() if line.endswith((" False", " True"))]
    assert told == [*["0 False"] * 2, *["2 False"] * 5, "0 False", *["2 False"] * 2, "0 False", *["2 False"] * 2]
    assert len(ended.stderr.splitlines()) == 9
    assert "did you mean projection_head?" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_figures_are_values_that_do_not_load_what_draws_them() -> None:
    code = "import sys, results.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_a_folder_named_results_does_not_take_the_rooms_place(tmp_path: Path) -> None:
    """An editable install puts its finder last: ./results, where runs go, would be found first."""
    for room in ("core", "results"):
        (tmp_path / room).mkdir()
    code = f"""
import sys
from importlib.machinery import PathFinder
class Last:
    find_spec = staticmethod(lambda name, path=None, target=None: PathFinder.find_spec(name, path or [{str(ROOT)!r}]))
sys.meta_path.append(Last)
import ablations, core.value, results.records
"""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
