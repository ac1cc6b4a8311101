"""A wrong resource is answered with the right ones before anything is submitted."""

import math
from typing import Any

import pytest

from slurm import limits
from slurm.commands import SlurmError
from slurm.resources import Resources, megabytes, seconds
from slurm.site import Site

CLUSTER = """cpu*|2-00:00:00|32|128000|intel,icelake|(null)
cpu*|2-00:00:00|16|64000|intel|(null)
gpu|1-00:00:00|64|512000|a100,nvlink|gpu:a100:4(S:0-1)
gpu|1-00:00:00|48|256000|v100|gpu:2
long|infinite|16|64000|(null)|(null)
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 5400),
        ("2:00", 120),
        ("2:00:00", 7200),
        ("1-0", 86400),
        ("1-02:03", 93780),
        ("1-02:03:04", 93784),
        ("infinite", math.inf),
    ],
)
def test_times_are_read_as_slurm_reads_them(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("500M", 500), ("16G", 16384), ("16gb", 16384), ("1T", 1048576)])
def test_memory_is_read_as_slurm_reads_it(text: str, expected: int) -> None:
    assert megabytes(text) == expected


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"time": "2 hours"}, r"time takes 90 \(minutes\), 2:00:00 \(hours\) or 1-00:00:00 \(days\), not '2 hours'"),
        ({"time": "0:30"}, "time takes at least a minute"),
        ({"time": "infinite"}, "time takes at least a minute, and an end, not 'infinite'"),
        ({"memory": "16 GB"}, "memory takes a number and a unit, such as 500M or 16G, not '16 GB'"),
        ({"memory": "32"}, "memory takes a number and a unit, such as 500M or 16G, not '32'"),
        ({"memory": "0G"}, "memory takes"),
        ({"gpus": -1}, "gpus takes a whole number from 0 on, not -1"),
        ({"cpus": True}, "cpus takes a whole number from 1 on, not True"),
        ({"gpus": 3, "nodes": 2}, "gpus takes a multiple of the 2 nodes of a worker, not 3"),
        ({"cpus": 1, "tasks": 2}, "cpus takes a multiple of the 2 processes of a worker, not 1"),
        ({"partition": "gpu\n#SBATCH --wrap=x"}, "partition takes one line of text"),
        ({"extra": [("Exclude", "a")]}, "extra takes long options of sbatch"),
        ({"extra": [("wrap", "a")]}, "extra does not take 'wrap'"),
        ({"extra": [("exclude", "a'b")]}, "exclude takes one line of text"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Resources(**asked)


def test_what_is_said_goes_over_the_defaults_of_the_site() -> None:
    site = Resources(partition="cpu", gpus=1, extra=(("exclude", "a"), ("qos2", "b")))
    said = Resources(gpus=0, memory="1G", extra=(("exclude", "c"),))
    assert said.over(site) == Resources(partition="cpu", gpus=0, memory="1G", extra=(("exclude", "c"), ("qos2", "b")))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"partition": "gpuu"}, "partition takes one of cpu, gpu, long, not 'gpuu'"),
        ({"time": "3-0"}, "time takes at most 2-00:00:00 in partition cpu, not '3-0'"),
        ({"gpus": 1}, "in partition cpu nodes have 0 gpus, 16 cpus, 64000M; 0 gpus, 32 cpus, 128000M, not 1 gpus"),
        (
            {"partition": "gpu", "gpus": 4, "cpus": 65},
            "2 gpus, 48 cpus, 256000M; 4 gpus, 64 cpus, 512000M, not 4 gpus, 65",
        ),
        ({"partition": "gpu", "constraint": "a100&h100"}, r"\(a100, nvlink, v100\), not 'h100'"),
        ({"partition": "gpu", "constraint": "40gb"}, r"\(a100, nvlink, v100\), not '40gb'"),
        ({"account": "nobody"}, "account takes one of lab, teaching, not 'nobody'"),
        ({"qos": "high"}, "qos takes one of debug, long, normal, not 'high'"),
    ],
)
def test_what_the_cluster_has_not_is_answered_with_what_it_has(
    asked: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"sinfo": CLUSTER, "sacctmgr": "lab|normal,long\nteaching|debug\n"}
    monkeypatch.setattr(limits, "ask", lambda command, *rest: answers[command])
    with pytest.raises(ValueError, match=message):
        limits.check(Resources(**asked))


def test_features_may_begin_with_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ask", lambda command, *rest: "gpu*|1-00:00:00|64|512000|80gb,2080ti|gpu:4\n")
    limits.check(Resources(constraint="[80gb*2|2080ti*1]"))


def test_a_cluster_that_shows_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ask", lambda command, *rest: "")
    with pytest.raises(SlurmError, match="sinfo shows no partition"):
        limits.check(Resources(time="1:00:00"))


def test_what_fits_passes_without_accounts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(command: str, *rest: str) -> str:
        if command == "sacctmgr":
            raise SlurmError("sacctmgr: no accounting")
        return CLUSTER

    monkeypatch.setattr(limits, "ask", answer)
    limits.check(Resources())
    limits.check(Resources(partition="long", time="30-0", account="whatever"))
    limits.check(
        Resources(partition="cpu,gpu", gpus=4, cpus=64, memory="500000M", constraint="[a100|v100*2]", time="1-0")
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"setup": "module load cuda"}, "setup takes a list of lines"),
        ({"python": ""}, "python takes a command"),
        ({"python": "python$(reboot)"}, "a word with variables takes"),
        ({"scratch": "/tmp/$(reboot)"}, "a word with variables takes"),
    ],
)
def test_a_site_is_checked(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Site(**given)


def test_the_words_of_the_python_command_are_quoted() -> None:
    assert Site(python="apptainer exec --nv $HOME/image.sif python").command() == (
        'apptainer exec --nv "$HOME/image.sif" python'
    )
    assert Site(python="env; reboot").command() == "'env;' reboot"
