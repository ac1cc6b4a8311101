"""SLURM's own commands, with errors of one line."""

import os
import shutil
import subprocess
from pathlib import Path


class SlurmError(OSError):
    """SLURM is not here, does not answer, or has refused."""


def ask(*command: str) -> str:
    """What a SLURM command prints. Raises SlurmError if it is not here, does not answer or fails."""
    require(command[0])
    # the user's SQUEUE_USERS and the like would filter what we ask for
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SQUEUE_", "SINFO_"))}
    try:
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired as silence:
        raise SlurmError(f"{command[0]} did not answer within a minute") from silence
    if answer.returncode:
        raise SlurmError(f"{command[0]}: {' '.join(answer.stderr.split()) or f'exit code {answer.returncode}'}")
    return answer.stdout


def require(command: str) -> None:
    """Raise SlurmError unless the command is found."""
    if shutil.which(command) is None:
        raise SlurmError(
            f"{command} was not found: log in to a node from which jobs are submitted, or run without SLURM"
        )


def is_login_node() -> bool:
    """Whether jobs are submitted from this machine, and it is not running one: no place to train."""
    configured = "SLURM_CONF" in os.environ or Path("/etc/slurm/slurm.conf").exists()
    return shutil.which("sbatch") is not None and configured and "SLURM_JOB_ID" not in os.environ
