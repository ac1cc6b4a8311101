"""The batch script says what was asked for, and no value in it can say more."""

import os
import shlex
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slurm.resources import Resources
from slurm.script import Script
from slurm.site import Site

ASKED = Resources(
    partition="gpu", account="lab", qos="normal", gpus=1, cpus=4, memory="16G", time="2:00:00", constraint="a100"
)
COMMANDS = {  # that take the script to its last line
    "srun": 'printf "%s\\0" "$@" >"$HOME/srun"; exit ${CODE:-75}',
    "squeue": "echo 2026-01-01T00:00:00",
    "scontrol": 'case $1 in requeue) exit 1;; esac; echo "JobState=${STATE:-RUNNING Reason=None Restarts=0 x}"',
    "sbatch": 'printf "%s\\n" "$@" >"$RECORD"; echo 77',
}
NASTY = [
    "$(touch canary)",
    "`touch canary`",
    "\n",
    "\r",
    "; touch canary;",
    "'",
    '"',
    "\\",
    " ",
    "&& touch canary",
    "|",
    "x",
]
NASTY += [
    "\n#SBATCH --wrap=x\n",
    "$HOME",
    "${x}",
    "\u2028",
    "%j",
    "-",
    "/a",
    "#",
    "\x00",
    "é",
    "=",
    "*",
    "~",
    "!",
    "<(touch canary)",
]


def script(base: Path, **changes: Any) -> Script:
    where = {"folder": base, "path": base / "code"}
    given = {"name": "study", "comment": "c0ffee", "workers": 3, "parallel": 2, **where}
    return Script(**({**given, "resources": ASKED, "site": Site(python="python3")} | changes))


def test_it_says_what_was_asked_for(tmp_path: Path) -> None:
    site = Site(
        setup=["module load cuda"], python="apptainer exec image.sif python", scratch="$SLURM_TMPDIR", group="lab"
    )
    lines = script(tmp_path, site=site).text().splitlines()
    directives = {line.removeprefix("#SBATCH --") for line in lines if line.startswith("#SBATCH")}
    assert directives == {
        "account=lab",
        "array=0-2%2",
        "comment=c0ffee",
        "constraint=a100",
        "cpus-per-task=4",
        "gpus-per-node=1",
        "job-name=study",
        "mem=16G",
        "nodes=1",
        "ntasks-per-node=1",
        "open-mode=append",
        f"output={tmp_path}/%A_%a_0_log.out",
        "partition=gpu",
        "qos=normal",
        "requeue",
        "signal=USR2@60",
        "time=120",
    }
    setup = lines[lines.index("# setup") + 1 :]
    assert setup[:4] == [
        "module load cuda",
        f"export PYTHONPATH={tmp_path}/code${{PYTHONPATH:+:$PYTHONPATH}}",
        'export TMPDIR="$SLURM_TMPDIR"',
        "umask 002",
    ]
    (srun,) = [line for line in lines if line.startswith("srun")]
    assert "--export=ALL --cpus-per-task=4 apptainer exec image.sif python -P -u -m submitit" in srun


def test_a_worker_of_several_tasks_shares_out_what_it_gets(tmp_path: Path) -> None:
    asked = Resources(gpus=16, cpus=64, memory="500G", nodes=2, tasks=16)
    lines = script(tmp_path, resources=asked).text().splitlines()
    wanted = {"nodes=2", "ntasks-per-node=8", "gpus-per-node=8", "cpus-per-task=4", "mem=500G"}
    assert wanted <= {line.removeprefix("#SBATCH --") for line in lines}
    (srun,) = [line for line in lines if line.startswith("srun")]
    assert "--cpus-per-task=4" in srun


def test_one_worker_is_no_array_and_defaults_are_left_to_the_cluster(tmp_path: Path) -> None:
    text = script(tmp_path, workers=1, resources=Resources(extra=[("no-requeue", "")])).text()
    assert "--array=0-" not in text and "--time" not in text and "wckey" not in text and "--partition" not in text
    assert "#SBATCH --no-requeue\n" in text and "#SBATCH --requeue" not in text


@pytest.mark.parametrize("array", [{}, {"SLURM_ARRAY_JOB_ID": "5", "SLURM_ARRAY_TASK_ID": "2"}])
def test_where_requeue_is_forbidden_it_submits_itself_again(tmp_path: Path, array: dict[str, str]) -> None:
    job = "5" if array else "7"
    (tmp_path / f"{job}_submission.sh").write_text("script")
    (tmp_path / f"{'5_2' if array else '7'}_submitted.pkl").write_text("pickle")
    run(script(tmp_path).text(), tmp_path, array)
    assert (tmp_path / "record").read_text().splitlines() == [
        "--parsable",
        "--array=0",
        f"{tmp_path}/{job}_submission.sh",
    ]
    assert (tmp_path / "77_0_submitted.pkl").read_text() == "pickle"
    assert (tmp_path / "77_submission.sh").read_text() == "script"


@pytest.mark.parametrize(
    ("code", "goes_on"), [(75, True), (143, True), (140, True), (0, False), (1, False), (137, False)]
)
def test_a_successor_goes_on_where_a_worker_was_asked_to_stop(tmp_path: Path, code: int, goes_on: bool) -> None:
    assert run(script(tmp_path).text(), tmp_path, {"CODE": str(code)}) == (
        1 if goes_on else code
    )  # 1: there is no pickle
    assert (tmp_path / "record").exists() == goes_on


@pytest.mark.parametrize("state", ["COMPLETING Restarts=0 ", "RUNNING Restarts=1 ", "PENDING Restarts=1 "])
def test_a_job_that_slurm_has_ended_or_restarted_has_no_successor(tmp_path: Path, state: str) -> None:
    assert run(script(tmp_path).text(), tmp_path, {"STATE": state}) == 0
    assert not (tmp_path / "record").exists()


nasty = st.lists(st.sampled_from(NASTY), min_size=1, max_size=4).map("".join)
FIELDS = ["name", "comment", "folder", "path", "partition", "account", "qos", "constraint", "memory", "time"]
FIELDS += ["key", "value", "python", "scratch"]
HARMLESS = {"memory": "1G", "time": "1:00:00"}


def options(text: str) -> int:
    """How many lines sbatch takes for options."""
    return sum(line.lstrip().startswith("#SBATCH") for line in text.splitlines())


@settings(max_examples=60)
@given(field=st.sampled_from(FIELDS), value=nasty)
@example(field="path", value="a b;$(touch canary)")
@example(field="folder", value="a b;$(touch canary)")
@example(field="python", value="a'; touch canary; '")
@example(field="scratch", value="${x}")
@example(field="python", value="\n#SBATCH --wrap=x\n")
def test_no_value_adds_a_line_or_a_command(field: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = script(Path(folder), **changes(Path(folder), field, HARMLESS.get(field, "abc"))).text()
        try:
            text = script(Path(folder), **changes(Path(folder), field, value)).text()
        except ValueError:
            return
        assert len(text.splitlines()) == len(plain.splitlines())
        assert options(text) == options(plain)
        run(text, Path(folder), {})
        assert not list(Path(folder).rglob("canary"))


texts = st.text(max_size=30) | st.lists(st.sampled_from([*NASTY, "--wrap=x", " --uid=0 ", ";;", "$", "(", ")"])).map(
    "".join
)


@settings(max_examples=60)
@given(field=st.sampled_from(FIELDS), value=texts)
@example(field="account", value="lab --wrap=x")
@example(field="account", value="-x")
@example(field="folder", value="a b $(touch canary) #")
@example(field="value", value="node7 --uid=0 # comment")
def test_sbatch_and_srun_get_each_value_as_one_word(field: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = script(Path(folder), **changes(Path(folder), field, HARMLESS.get(field, "abc")))
        try:
            made = script(Path(folder), **changes(Path(folder), field, value))
        except ValueError:
            return
        text = made.text()
        assert subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True).stderr == ""
        directives = [shlex.split(line) for line in text.splitlines() if line.startswith("#SBATCH")]
        assert all(len(words) == 2 and words[1].startswith("--") for words in directives)
        if field not in ("key", "memory", "time"):
            assert len(directives) == text.count("#SBATCH --") == plain.text().count("#SBATCH --")
        run(text, Path(folder), {"CODE": "0"})
        if field not in ("python", "scratch"):
            (words,) = [line.split("\0")[:-1] for line in (Path(folder) / "srun").read_text().splitlines()] or [[]]
            log = f"{made.folder}/%A_%a_%t_log.out"
            assert words[:5] == ["--unbuffered", "--output", log, "--export=ALL", words[4]]
            assert words[-4:] == ["-u", "-m", "submitit.core._submit", str(made.folder)]


@settings(max_examples=30)
@given(lines=st.lists(st.sampled_from(["module load cuda", "export A='b c'", 'echo "$(hostname)"', "# a comment", ""])))
def test_the_sites_own_lines_stand_as_they_are(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = script(Path(folder), site=Site(setup=lines)).text().splitlines()
        start = text.index("# setup") + 1
        assert text[start : start + len(lines)] == lines
        assert "\n".join(text[:start] + text[start + len(lines) :]) == script(Path(folder), site=Site()).text()


def changes(folder: Path, field: str, value: str) -> dict[str, Any]:
    """The arguments of `script` with this one value."""
    if field in ("name", "comment"):
        return {field: value}
    if field in ("folder", "path"):
        return {field: Path(f"{folder}/{value}")}
    if field in ("python", "scratch"):
        return {"site": Site(**{field: value})}
    if field in ("key", "value"):
        return {"resources": Resources(extra=[(value, "x") if field == "key" else ("exclude", value)])}
    return {"resources": Resources(**{field: value})}


def run(text: str, folder: Path, environment: dict[str, str]) -> int:
    """Run the script with commands that answer as SLURM would; its exit code."""
    (folder / "bin").mkdir()
    for name, body in COMMANDS.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / "bin" / name).chmod(stat.S_IRWXU)
    path = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "RECORD": str(folder / "record"), "HOME": str(folder)}
    slurm = {"SLURM_JOB_ID": "7", "SLURM_SUBMIT_DIR": str(folder), "x": "$(touch canary)"}
    variables = {**path, **slurm, **environment}
    return subprocess.run(["bash"], input=text, env=variables, cwd=folder, text=True, capture_output=True).returncode
