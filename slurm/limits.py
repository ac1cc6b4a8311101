"""What the cluster has: a wrong resource is answered with the valid ones before anything is submitted."""

import getpass
import re
from collections.abc import Iterable
from dataclasses import dataclass

from slurm.commands import SlurmError, ask
from slurm.resources import Resources, megabytes, seconds


@dataclass(frozen=True)
class Nodes:
    """Equal nodes of a partition: its time limit, and what each node has."""

    partition: str
    is_default: bool
    time: str
    cpus: int
    megabytes: int
    gpus: int
    features: tuple[str, ...]


def check(resources: Resources) -> None:
    """Raise ValueError, with the valid values, for resources that no node has or this user may not ask for.

    Asks sinfo once, and sacctmgr where there is an account or a QOS.
    """
    groups = nodes()
    if not groups:
        raise SlurmError("sinfo shows no partition that you may use")
    names = sorted({group.partition for group in groups})
    wanted = resources.partition.split(",") if resources.partition else [g.partition for g in groups if g.is_default]
    for name in wanted:
        if name not in names:
            raise ValueError(f"partition takes one of {', '.join(names)}, not {name!r}")
    groups = [group for group in groups if group.partition in (wanted or names)]
    place = f"in partition {','.join(dict.fromkeys(wanted))}" if wanted else "on this cluster"
    _check_time(resources, groups, place)
    _check_constraint(resources, groups, place)
    _check_size(resources, groups, place)
    _check_association(resources)


def nodes() -> list[Nodes]:
    """The cluster's nodes by partition."""
    lines = ask("sinfo", "--noheader", "--all", "--exact", "--format=%P|%l|%c|%m|%f|%G").splitlines()
    return [_nodes(*line.split("|", 5)) for line in lines]


def _nodes(partition: str, time: str, cpus: str, memory: str, features: str, gres: str) -> Nodes:
    gpus = sum(int(count) for count in re.findall(r"\bgpu(?::[^:,()]*[^:,()\d][^:,()]*)?:(\d+)", gres))
    known = () if features == "(null)" else tuple(features.split(","))
    size = int(cpus.rstrip("+")), int(memory.rstrip("+"))
    return Nodes(partition.rstrip("*"), partition.endswith("*"), time, *size, gpus, known)


def _check_time(resources: Resources, groups: Iterable[Nodes], place: str) -> None:
    longest = max((group.time for group in groups), key=seconds)
    if resources.time and seconds(resources.time) > seconds(longest):
        raise ValueError(f"time takes at most {longest} {place}, not {resources.time!r}")


def _check_constraint(resources: Resources, groups: Iterable[Nodes], place: str) -> None:
    known = sorted({feature for group in groups for feature in group.features})
    uncounted = re.sub(r"\*\d+", "", resources.constraint or "")
    for word in re.findall(r"[\w.-]+", uncounted):
        if word not in known:
            raise ValueError(
                f"constraint takes features that nodes have {place} ({', '.join(known) or 'none'}), not {word!r}"
            )


def _check_size(resources: Resources, groups: Iterable[Nodes], place: str) -> None:
    nodes, cpus = resources.nodes or 1, resources.cpus or resources.tasks or 1
    memory = megabytes(resources.memory) if resources.memory else 0
    asked = ((resources.gpus or 0) // nodes, max(1, cpus // nodes), memory)
    sizes = {(group.gpus, group.cpus, group.megabytes) for group in groups}
    if not any(all(want <= have for want, have in zip(asked, size, strict=True)) for size in sizes):
        has = "; ".join(f"{gpus} gpus, {cpus} cpus, {memory}M" for gpus, cpus, memory in sorted(sizes))
        wants = f"{asked[0]} gpus, {asked[1]} cpus, {asked[2]}M"
        raise ValueError(f"gpus, cpus and memory of a worker fit on one node; {place} nodes have {has}, not {wants}")


def _check_association(resources: Resources) -> None:
    """Account and QOS, where the cluster keeps accounts and says who may use which."""
    if resources.account is None and resources.qos is None:
        return
    try:
        lines = ask("sacctmgr", "-nP", "show", "assoc", f"user={getpass.getuser()}", "format=account,qos").splitlines()
    except SlurmError:
        return
    rows = [line.partition("|")[::2] for line in lines if line]
    valid = {
        "account": {account for account, _ in rows},
        "qos": {qos for _, all_of in rows for qos in all_of.split(",")},
    }
    for name, values in valid.items():
        value, known = getattr(resources, name), sorted(values - {""})
        if value is not None and known and value not in known:
            raise ValueError(f"{name} takes one of {', '.join(known)}, not {value!r}")
