"""--against REVISION: a study by the code of a commit, beside the code as it is now."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import TINY, Command, Outcome
from conftest import ROOT

import ablations._revision
from ablations import load_study
from ablations._revision import version_at
from ablations._source import ROOMS

WORDS = ("tiny.py", "--scale", "smoke", "--cluster", "debug", "--only", "head=MLP")
CHANGE = """
_before = NTXent.__call__
NTXent.__call__ = lambda self, *views: _before(self, *views) + views[0].square().mean()
"""


@pytest.fixture(autouse=True)
def own_git(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Git as it is without anybody's settings."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "somebody@example.org")
    for name in ("GLOBAL", "SYSTEM"):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", os.devnull)
    yield


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def commit(folder: Path, said: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", said)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A repository with our packages and a study of its own."""
    for room in ROOMS:
        ignored = shutil.ignore_patterns("__pycache__", "runs", "source", "tables", "figures", "against")
        shutil.copytree(ROOT / room, tmp_path / room, ignore=ignored)
    (tmp_path / "tiny.py").write_text(TINY)
    (tmp_path / ".gitignore").write_text("__pycache__/\nresults/against/\nresults/source/\ncache/\n")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "the packages")
    return tmp_path


def run(folder: Path, *words: str) -> Outcome:
    """python -m ablations.run as a person types it in the repository."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "ablations.run", *words]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return Outcome(ended.returncode, ended.stdout, ended.stderr)


def test_a_change_of_the_code_is_seen_although_the_ids_are_the_same_and_no_change_gives_the_same_bits(
    packages: Path,
) -> None:
    before = git(packages, "rev-parse", "HEAD")
    (packages / "NOTES").write_text("another commit, the same code\n")
    commit(packages, "notes")
    same = run(packages, *WORDS, "--against", "HEAD~1")
    assert (same.code, same.err) == (0, "")
    assert f"tiny at scale smoke, now against HEAD~1 ({before[:7]})" in same.out
    assert same.out.splitlines()[-1] == "same bits in 1 of 1 run"
    assert git(packages, "status", "--porcelain") == ""
    assert git(packages, "for-each-ref").count("\n") == 0

    with (packages / "core" / "losses.py").open("a") as file:
        file.write(CHANGE)
    changed = run(packages, *WORDS, "--against", "HEAD~1")
    assert (changed.code, changed.err) == (0, "")
    assert changed.out.splitlines()[-1].startswith("same bits in 0 of 1 run; ")
    assert "1 runs, 1 to do" in changed.out and "1 runs, 0 to do" in changed.out  # the commit's run was there
    folders = list((packages / "results" / "against").iterdir())
    assert len(folders) == 3 and before[:16] in {folder.name for folder in folders}
    assert len({path.name for folder in folders for path in (folder / "runs").iterdir()}) == 1


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a study alone, beside packages that lie elsewhere."""
    (tmp_path / "tiny.py").write_text(TINY)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "a study")
    return tmp_path


def test_the_study_is_the_commits_where_that_has_it(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    (repository / "tiny.py").write_text(TINY.replace("width=16", "width=24"))
    version = version_at("HEAD", load_study("tiny.py"), Path("0123"), Path("results"))
    assert version.name == f"HEAD ({head[:7]})"
    clone = repository / "results" / "source" / head[:16]
    assert version.study == str(clone / "tiny.py") and Path(version.study).read_text() == TINY
    assert version.path == (ROOT, clone)
    assert version.results == Path("results/against", f"{head[:16]}-0123")  # by today's packages, so not by others


def test_what_the_commit_lacks_is_taken_as_it_is_today_and_said(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "packages" / "ablations").mkdir(parents=True)
    (tmp_path / "packages" / "ablations" / "run.py").write_text("")
    head = commit(repository, "packages")
    monkeypatch.setattr(ablations._revision, "HOME", tmp_path / "packages")
    (repository / "fresh.py").write_text(TINY)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "fresh.py").write_text(TINY)
    version = version_at(head, load_study("fresh.py"), tmp_path / "copy", Path("results"))
    assert version.study == str(tmp_path / "copy" / "fresh.py")
    assert version.path[0] == repository / "results" / "source" / head[:16] / "packages"
    assert f"{head[:7]} has no fresh.py: as today in both versions" in capsys.readouterr().out
    (tmp_path / "copy" / "fresh.py").write_text(f"{TINY}\n")
    edited = version_at(head, load_study("fresh.py"), tmp_path / "copy", Path("results"))
    assert edited.results != version.results  # what the other file trained is not what this one asks for


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown commit": (("tiny.py", "--against", "nonsense"), "has no commit 'nonsense'"),
    "study that is not there": (("fresh.py", "--against", "HEAD"), "has no study 'fresh', or no packages to run it"),
    "derived study": (("tiny.py", "--against", "HEAD", "--set", "epochs=2"), "not with --set"),
    "dry run": (("tiny.py", "--against", "HEAD", "--dry-run"), "not with --dry-run"),
    "more seeds": (("tiny.py", "--against", "HEAD", "--until-decided"), "not with --until-decided"),
    "slurm": (
        ("tiny.py", "--against", "HEAD", "--cluster", "slurm"),
        "local or debug; on a cluster, in a job",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use_is_one_line_and_exit_code_2(repository: Path, command: Command, wrong: str) -> None:
    (repository / "fresh.py").write_text(TINY)
    words, said = WRONG[wrong]
    ended = command(*words, "--scale", "smoke")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert said in ended.err


def test_without_git_it_says_so(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tiny.py").write_text(TINY)
    monkeypatch.setattr(ablations._revision, "HOME", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    ended = command("tiny.py", "--scale", "smoke", "--against", "HEAD")
    assert ended.code == 2
    assert ended.err == f"run: --against compares with a commit, and {tmp_path} lies in no git repository\n"
