"""How much memory a worker may use and a run has used: of the machine, and of the GPU where there is one."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path


def limits_of(environment: Mapping[str, str], root: Path = Path("/")) -> dict[str, int]:
    """The bytes that this worker may use, as SLURM, the control groups, the machine and its first GPU say."""
    per_node, per_cpu, cpus = (
        int(environment.get(f"SLURM_{name}") or 0) for name in ("MEM_PER_NODE", "MEM_PER_CPU", "CPUS_ON_NODE")
    )
    available = re.search(r"MemAvailable: +(\d+) kB", _text(root / "proc/meminfo"))
    found = [*_cgroups(root), *([int(available[1]) * 1024] if available else [])]
    memory = (per_node or per_cpu * cpus) * 2**20 or min(found, default=0)
    device = (environment.get("CUDA_VISIBLE_DEVICES") or "0").split(",")[0]
    gpu = _nvidia_smi("--query-gpu=index,memory.total", f"--id={device}")
    sizes = {"memory": memory, "GPU memory": sum(gpu.values()) * 2**20}
    return {kind: size for kind, size in sizes.items() if size}


def capacity(root: Path = Path("/")) -> int:
    """The bytes of this machine, or of its control group, if fewer: the same whatever else runs on it."""
    total = re.search(r"MemTotal: +(\d+) kB", _text(root / "proc/meminfo"))
    return min([*_cgroups(root), *([int(total[1]) * 1024] if total else [])], default=0)


def _cgroups(root: Path) -> Iterator[int]:
    """The memory limits of this process's control group (version 1 or 2) and of those above it."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            top = root / "sys/fs/cgroup" / controllers
            folder = top / path.strip("/")
            for above in (folder, *folder.parents):
                text = _text(above / ("memory.limit_in_bytes" if controllers else "memory.max")).strip()
                if above.is_relative_to(top) and text.isdigit():
                    yield int(text)


def peaks_of(pid: int, gpu: bool) -> Counter[str]:
    """The peak bytes of a process, with what its descendants have to themselves now, and the bytes of the GPU now."""
    processes = set(_family(pid))
    used = _nvidia_smi("--query-compute-apps=pid,used_memory") if gpu else {}
    own = re.findall(r"VmHWM:\s+(\d+)", _text(Path(f"/proc/{pid}/status")))
    for other in processes - {pid}:  # forks, such as loaders of images: most of their memory is that of `pid`
        own += re.findall(r"Private_\w+:\s+(\d+)", _text(Path(f"/proc/{other}/smaps_rollup")))
    return Counter({"memory": sum(map(int, own)) * 1024, "GPU memory": sum(used.get(p, 0) for p in processes) * 2**20})


def _family(pid: int) -> Iterator[int]:
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _text(path).split():
            yield from _family(int(child))


def _nvidia_smi(*query: str) -> dict[int, int]:
    """The rows of two numbers that nvidia-smi answers; none where there is none or it does not know."""
    command = ["nvidia-smi", *query, "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {int(key): int(value) for key, value in re.findall(r"^(\d+), (\d+)$", answer, re.MULTILINE)}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
