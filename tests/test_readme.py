"""The README says what is so: its links lead somewhere, and its commands do what it says, in its order."""

import importlib
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ablations._command import run_command

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^ {4}python -m ablations\.(\w+)(?: (?! *#)(.*?))?(?: +#.*)?$", TEXT, re.MULTILINE)
STUDY = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]
ELSEWHERE = {  # what takes a cluster, a terminal or another commit, and the test that does it
    "--cluster slurm": "tests/slurm/cluster/test_study.py",
    "cancel": "tests/slurm/cluster/test_study.py",
    "--against": "tests/ablations/test_against.py",
    "--watch": "tests/ablations/test_watch.py",
}


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(file: str) -> None:
    text = (ROOT / file).read_text()
    anchors = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.M)}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        place, _, anchor = link.partition("#")
        assert link.startswith("https://") or (not place or (ROOT / place).exists()), link
        assert place or anchor in anchors, link


def test_the_verdict_that_is_explained_is_one_that_was_given() -> None:
    (row,) = re.findall(r"^\| F16 .*$", TEXT, re.M)
    given = (ROOT / "results" / "README.md").read_text().replace("\\", "")
    assert row in given
    low, high = (abs(float(end)) for end in re.findall(r"\[(\S+), (\S+)\]", row)[0])
    assert f"({high:.1f} to {low:.1f} at the claim's own level)" in TEXT


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like that of somebody who reads the README: their study and images, a colleague's results, a table."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "mine").mkdir()
    for label in ("cat", "dog"):
        (folder / "pets" / label).mkdir(parents=True)
        for number in range(50):
            place = folder / "pets" / label / f"{number}.png"
            Image.new("RGB", (40, 36), (number, 5 * (label == "dog"), 0)).save(place)
    (folder / "mine" / "my_study.py").write_text(STUDY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", list(sys.path))
        patch.setenv("HOME", str(folder))
        patch.setenv("ABLATIONS_CACHE", str(folder / "cache"))
        patch.chdir(folder / "mine")
        typed("run", "projection_head --scale smoke --seeds 1")
        shutil.copytree("results", folder / "their" / "results")
        shutil.copy("results/tables/projection_head.smoke.parquet", "theirs.parquet")
        yield folder / "mine"


def typed(name: str, words: str) -> None:
    """python -m ablations.<name> <words>, in this process; it must end well."""
    with pytest.raises(SystemExit) as left, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *words.replace("~", str(Path.home())).split()])
        run_command(name, importlib.import_module(f"ablations.{name}").main)
    assert left.value.code == 0, f"python -m ablations.{name} {words}"


def small(name: str, words: str) -> str:
    """The command at scale smoke, with a seed, and with runs that are there for those that the README names."""
    runs = sorted(run.name for run in Path("results/runs").iterdir())
    for number, known in enumerate(dict.fromkeys(re.findall(r"\b[0-9a-f]{5,12}\b", words))):
        words = words.replace(known, runs[number])
    if name in ("audit", "export", "status"):
        words = re.sub("temperature|augmentation_grid", "projection_head", words)
        return words.replace("--sample 3", "--sample 1")
    if words == "views":
        return f"{words} --scale smoke"
    if name == "run" and words:
        trained = "my_study" in words and "pets" not in words
        rest = "" if trained or "--dry-run" in words else " --dry-run"
        return f"{words} --scale smoke{'' if '--seeds' in words else ' --seeds 1'}{rest}"
    return words


@pytest.mark.parametrize(("name", "words"), dict.fromkeys(COMMANDS), ids=lambda text: text or "alone")
def test_a_command_does_what_it_says(name: str, words: str, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for what, test in ELSEWHERE.items():
        if what in f"{name} {words}":
            assert what.split()[0].lstrip("-") in (ROOT / test).read_text()
            return
    typed(name, small(name, words))
    assert capsys.readouterr().out
