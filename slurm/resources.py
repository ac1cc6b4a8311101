"""What a worker asks SLURM for."""

import math
import re
from dataclasses import dataclass, fields, replace

OURS = {"account", "constraint", "cpus-per-task", "gpus-per-node", "mem", "nodes", "partition", "qos", "time"}
OURS |= {"array", "comment", "error", "job-name", "ntasks", "ntasks-per-node", "open-mode", "output", "parsable"}
OURS |= {"signal", "test-only", "wait", "wckey", "wrap"}
"""Options of sbatch that are fields of Resources or that the workers need as they are."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What each worker gets; None leaves it to the site, and then to the cluster.

    `gpus` and `cpus` are numbers per worker, shared out equally over its `nodes` (1), and over the `tasks` (1) that the
    submitter makes of it. `memory` is each node's, like 16G or 500M, `time` like 2:00:00, 1-00:00:00 or 90 (minutes).
    `extra` are further options of sbatch: ("exclude", "node7") or, without a value, ("exclusive", "").
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    gpus: int | None = None
    cpus: int | None = None
    memory: str | None = None
    time: str | None = None
    constraint: str | None = None
    nodes: int | None = None
    tasks: int | None = None
    extra: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in ("partition", "account", "qos", "constraint"):
            if (value := getattr(self, name)) is not None:
                plain(name, value)
        for name, least in (("gpus", 0), ("cpus", 1), ("nodes", 1), ("tasks", 1)):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < least):
                raise ValueError(f"{name} takes a whole number from {least} on, not {value!r}")
        if self.memory is not None:
            megabytes(self.memory)
        if self.time is not None and not 60 <= seconds(self.time) < math.inf:
            raise ValueError(f"time takes at least a minute, and an end, not {self.time!r}")
        for name, parts in (("gpus", "nodes"), ("tasks", "nodes"), ("cpus", "tasks")):
            value, number = getattr(self, name), getattr(self, parts) or 1
            if value and value % number:
                of = "processes" if parts == "tasks" else parts
                raise ValueError(f"{name} takes a multiple of the {number} {of} of a worker, not {value}")
        object.__setattr__(self, "extra", tuple(tuple(pair) for pair in self.extra))
        for key, value in self.extra:
            _check_extra(key, value)

    def over(self, defaults: "Resources") -> "Resources":
        """These, and `defaults` where they say nothing."""
        said = {field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}
        return replace(defaults, **{**said, "extra": tuple({**dict(defaults.extra), **dict(self.extra)}.items())})


def seconds(text: str) -> float:
    """A time as SLURM writes it: minutes, minutes:seconds, hours:minutes:seconds, or days-hours[:minutes[:seconds]]."""
    if text.lower() in ("infinite", "unlimited"):
        return math.inf
    match = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", text, re.ASCII)
    if match is None:
        raise ValueError(f"time takes 90 (minutes), 2:00:00 (hours) or 1-00:00:00 (days), not {text!r}")
    days, *rest = match.groups()
    parts = [int(part) for part in rest if part is not None]
    if days is not None:
        parts += [0] * (3 - len(parts))
    elif len(parts) < 3:
        parts = [0, *parts, 0][:3]
    return int(days or 0) * 86400 + parts[0] * 3600 + parts[1] * 60 + parts[2]


def megabytes(text: str) -> int:
    """Memory as SLURM writes it, in MB: 500M, 16G, 1T. A bare number would be MB, which few mean: it is refused."""
    match = re.fullmatch(r"(\d+)([MGT])B?", text.upper(), re.ASCII)
    if match is None or int(match[1]) < 1:
        raise ValueError(f"memory takes a number and a unit, such as 500M or 16G, not {text!r}")
    return int(match[1]) * {"M": 1, "G": 1024, "T": 1024**2}[match[2]]


def plain(name: str, value: object) -> str:
    """The value, if sbatch and the shell take it for nothing but text: one line without quotes and backslashes."""
    if not isinstance(value, str) or not value or not value.isprintable() or set(value) & set("'\"\\"):
        raise ValueError(f"{name} takes one line of text without quotes and backslashes, not {value!r}")
    return value


def _check_extra(key: str, value: object) -> None:
    if not isinstance(key, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", key):
        raise ValueError(f"extra takes long options of sbatch, such as exclude or reservation, not {key!r}")
    if key in OURS:
        raise ValueError(f"extra does not take {key!r}, which is a field of Resources or set by the workers")
    if value != "":
        plain(key, value)
