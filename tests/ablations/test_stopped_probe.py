"""A probe that takes long is stopped as training is: it keeps its state, and goes on to the same bits."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import TINY, Process, end, wait_for

from ablations._journal import RunJournal
from results.records import read
from slurm.attempts import claim
from slurm.history import history

TUNED = (
    TINY.replace("NearestNeighbors(),", "FineTune(0.25, 20, (0.05, 0.2), 16),")
    .replace("import NearestNeighbors", "import FineTune")
    .replace("knn_valid_top1", "finetune_valid_top1_25")
    .replace("NoHead(), ", "")
)


def probed(results: Path) -> Mapping[str, Any]:
    """The record of the one probe, but for its seconds."""
    (path,) = results.glob("runs/*/probes/*.json")
    return {name: part for name, part in (read(path) or {}).items() if name != "seconds"}


def test_stopped_while_it_fine_tunes_a_run_has_its_bits(tmp_path: Path, process: Process) -> None:
    (tmp_path / "tuned.py").write_text(TUNED)
    words = ("tuned.py", "--scale", "smoke", "--only", "head=MLP", "--results")
    assert end(process(*words, "whole")).code == 0
    stopped = tmp_path / "stopped"
    running = process(*words, "stopped")
    wait_for(lambda: list(stopped.glob("runs/*/record.json")))
    running.send_signal(signal.SIGTERM)
    assert end(running).code != 0 and len(list(stopped.glob("runs/*/probes/*.0001.pt"))) == 1
    (ended,) = stopped.glob("runs/*/attempts/0001/end.json")
    assert json.loads(ended.read_text())["message"] == "saved"
    assert end(process(*words, "stopped")).code == 0
    assert probed(stopped) == probed(tmp_path / "whole") and not list(stopped.glob("runs/*/probes/*.pt"))


def test_its_checkpoint_is_one_beside_its_record_and_keeps_what_training_told(tmp_path: Path) -> None:
    first = claim(tmp_path)
    assert first is not None
    training = RunJournal(tmp_path, first)
    training.tell({"epoch": 15})
    training.save({})
    probe = training.probe("abc")
    assert probe.load() is None
    probe.save({"step": 7})
    first.end("stopped")
    second = claim(tmp_path)
    assert second is not None
    again = RunJournal(tmp_path, second)
    again.load()
    probe = again.probe("abc")
    assert probe.load() == {"step": 7} and probe.seconds > 0
    probe.save({"step": 8})
    assert [path.name for path in (tmp_path / "probes").iterdir()] == ["abc.0002.pt"]
    assert json.loads(history(tmp_path)[-1].progress or "") == {"epoch": 15}
    probe.drop()
    assert not list((tmp_path / "probes").iterdir())


def test_a_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    attempt = claim(tmp_path / "run")
    assert attempt is not None
    training = RunJournal(tmp_path / "run", attempt)
    probe = training.probe("abc")
    (tmp_path / "run").rename(tmp_path / "away")
    for gone in (lambda: training.save({}), lambda: probe.save({}), lambda: training.probe("def")):
        with pytest.raises(FileNotFoundError):
            gone()
    assert not (tmp_path / "run").exists()
