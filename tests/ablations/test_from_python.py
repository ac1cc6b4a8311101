"""study.run, table and verdicts: a study from a script, in the words of the command, whatever folder one is in."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from command_line import TINY

from ablations import Study, StudyError, derive, load_study, table, vary, verdicts
from ablations._from_python import command_line, file_or_name
from ablations._options import Options, options_parser
from results.plots import Bars

ROOT = Path(__file__).parent.parent.parent

SCRIPT = (
    TINY
    + """
if __name__ == "__main__":
    from ablations import table
    print(STUDY.run(scale="smoke", seeds=1, jobs=2, only={"head": "NoHead"}))
    print(table(STUDY)[["arm", "status"]].to_numpy().tolist())
"""
)


def python(script: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True)


def test_a_script_runs_the_study_that_it_defines_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "studies" / "mine.py").write_text(SCRIPT)
    ended = python(tmp_path / "studies" / "mine.py", tmp_path / "elsewhere")
    assert (ended.returncode, ended.stderr) == (0, "")
    *_, done, rows = ended.stdout.splitlines()
    assert done == "True" and rows.count("'done'") == 1 and rows.count("'to do'") == 3
    assert ended.stdout.count("mine at scale smoke") == 1, "no child ran the script"
    assert (tmp_path / "elsewhere" / "results" / "figures" / "mine.smoke.pdf").exists()


def test_a_script_that_runs_its_study_unguarded_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(TINY + "\nSTUDY.run(scale='smoke')\n")
    ended = python(tmp_path / "mine.py", tmp_path)
    said = "mine.py, line 15: the study runs while its file is imported: put that under if __name__ == '__main__':"
    assert ended.returncode == 1 and ended.stderr.splitlines()[-1].endswith(said)


def test_each_option_of_the_command_has_a_type() -> None:
    assert Options.__annotations__.keys() == vars(options_parser("").parse_args([], Options())).keys()


def test_the_words_are_those_of_the_command() -> None:
    words = {"cluster": "debug", "seeds": 5, "retry_failed": True, "wait": False, "data": None, "results": Path("r")}
    assert command_line(words) == ["--cluster=debug", "--seeds=5", "--retry-failed", "--results=r"]
    assert command_line({"only": {"head": "MLP", "epochs": 3}}) == ["--only=head=MLP", "--only=epochs=3"]
    assert command_line({"set": {"lr_scaling": "none"}}) == ["--set=lr_scaling='none'"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"scael": "smoke"}, r"study\.run has no option 'scael': did you mean 'scale'\?$"),
        ({"zzz": 1}, r"study\.run has no option 'zzz'; it has results, cluster, scale"),
        ({"scale": "smok"}, r"study\.run: scale: invalid choice: 'smok' \(choose from '?smoke'?, "),
        ({"seeds": 2.5}, r"study\.run: seeds: takes a whole number from 1 on, not '2\.5'"),
        ({"seeds": True}, r"study\.run: seeds: takes a whole number from 1 on, not 'True'"),
        ({"wait": "yes"}, r"study\.run: wait takes True or False, not 'yes'"),
        ({"only": "head"}, r"study\.run: only: takes SETTING=VALUE, not 'head'"),
    ],
)
def test_a_wrong_word_is_named_with_what_would_be_right(words: dict[str, object], said: str) -> None:
    with pytest.raises((ValueError, TypeError), match=said):
        load_study("loss").run(**words)


def test_what_the_command_says_of_wrong_use_is_raised(tiny: Path) -> None:
    with pytest.raises(ValueError, match=r"^--only head=MPL selects nothing; its values here are NoHead, MLP$"):
        load_study(str(tiny / "tiny.py")).run(scale="smoke", only={"head": "MPL"})


def test_a_study_is_run_from_its_file_or_not_at_all(tiny: Path) -> None:
    own, shipped = load_study(str(tiny / "tiny.py")), load_study("loss")
    assert file_or_name(own) == str(tiny / "tiny.py") and file_or_name(shipped) == "loss"
    assert file_or_name(sys.modules["ablations.studies.loss"].STUDY) == "loss"
    for changed in (derive(shipped, epochs=3), derive(own, epochs=3)):
        with pytest.raises(StudyError, match="holds another study than this one: a study runs from its file"):
            changed.run(scale="smoke")
    with pytest.raises(StudyError, match=r"from a file that defines STUDY.*%%writefile my_study\.py"):
        Study(question="in a cell", grid=vary(epochs=[1]), figure=Bars(x="epochs")).run()


def test_tables_and_verdicts_are_data_frames(tiny: Path) -> None:
    study, results = load_study(str(tiny / "tiny.py")), tiny / "results"
    for named in (study, str(tiny / "tiny.py"), "tiny"):
        found = table(named, results=results)
        assert isinstance(found, pd.DataFrame) and found["status"].tolist() == ["done"] * 4
        assert found["head"].tolist()[:2] == ["NoHead", "MLP"] and found["knn_valid_top1"].notna().all()
        assert verdicts(named, "smoke", results).empty
    shipped = verdicts("temperature", "laptop", ROOT / "results").set_index("claim")
    assert {"verdict", "effect", "low", "high", "level", "seeds", "paper"} <= set(shipped.columns)
    with pytest.raises(ValueError, match="has no table at scale 'gpu'; there is smoke"):
        table("tiny", "gpu", results)


def test_their_names_need_no_torch(tiny: Path) -> None:
    code = (
        "import sys; from ablations import load_study, table, verdicts; "
        f"print(len(table('tiny', results={str(tiny / 'results')!r})), 'torch' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "4 False\n"
