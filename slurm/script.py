"""The batch script of a worker, which submitit writes from these parameters.

SLURM's commands are called by the script and not by the worker, which may be in a container that has none.
"""

import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import submitit

from slurm.resources import Resources, plain, seconds
from slurm.site import Site, word

WORK_IS_LEFT = 75  # the worker's exit code when a successor should go on: EX_TEMPFAIL, try again later
NOTICE = 60  # seconds before the end (or an eighth of the time) at which SLURM, too, asks the worker to stop


@dataclass(frozen=True, kw_only=True)
class Script:
    """What the workers' script is made of.

    `name` and `comment` are the jobs', submitit keeps its files in `folder`, `path` holds the packages to import.
    """

    name: str
    comment: str
    folder: Path
    path: Path
    workers: int
    parallel: int
    resources: Resources
    site: Site

    def __post_init__(self) -> None:
        for name in ("name", "comment", "folder", "path"):
            text = plain(name, str(getattr(self, name)))
            if "%" in text or (name == "path" and ":" in text):
                raise ValueError(f"{name} takes text without % and, where it holds packages, without :, not {text!r}")

    def executor(self) -> submitit.SlurmExecutor:
        """The executor that submits it."""
        python = f"{self.site.command()} -P"  # without -P the working folder's packages would come before the copy
        made = _Executor(folder=self.folder, python=python)
        made.update_parameters(**self._parameters())
        return made

    def text(self) -> str:
        """The script as sbatch will get it."""
        made = self.executor()
        made.parameters |= {"map_count": self.workers} if self.workers > 1 else {}
        return str(made._make_submission_file_text(made._submitit_command_str, ""))

    def _parameters(self) -> dict[str, Any]:
        asked = self.resources
        extra = {key: value or True for key, value in asked.extra}
        time = seconds(asked.time) if asked.time else math.inf
        nodes, tasks = asked.nodes or 1, asked.tasks or 1
        cpus = asked.cpus and asked.cpus // tasks
        return {
            "job_name": self.name,
            "comment": self.comment,
            "partition": asked.partition,
            "account": asked.account,
            "qos": asked.qos,
            "gpus_per_node": asked.gpus // nodes if asked.gpus else None,
            "cpus_per_task": cpus,
            "mem": asked.memory,
            "time": asked.time and math.ceil(time / 60),
            "constraint": asked.constraint,
            "nodes": nodes,
            "ntasks_per_node": tasks // nodes,
            "array_parallelism": self.parallel,
            "signal_delay_s": int(min(NOTICE, time / 8)),
            "stderr_to_stdout": True,
            "wckey": None,
            "additional_parameters": extra if "no-requeue" in extra else {"requeue": True, **extra},
            # srun no longer takes the number of CPUs from the job since SLURM 22.05
            "srun_args": ["--export=ALL", *([f"--cpus-per-task={cpus}"] if cpus else [])],
            "setup": self._before(),
            "teardown": self._after(),
        }

    def _before(self) -> list[str]:
        scratch, group = self.site.scratch, self.site.group
        return [
            *self.site.setup,
            f"export PYTHONPATH={shlex.quote(str(self.path))}${{PYTHONPATH:+:$PYTHONPATH}}",
            *([f"export TMPDIR={word(scratch)}"] if scratch else []),
            *(["umask 002"] if group else []),
            # one element's SLURM_JOB_ID is that of the whole array: commands would mean them all
            "me=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_}${SLURM_ARRAY_TASK_ID:-$SLURM_JOB_ID}",
            'end=$(SLURM_TIME_FORMAT=standard squeue --noheader --job="$me" --format=%e)',
            'export WORKER_END=$(date --date="${end:-unknown}" +%s || echo "$SLURM_JOB_END_TIME")',
        ]

    def _after(self) -> list[str]:
        """If work is left: requeue the job, or where that is forbidden submit another one.

        Work is left too if the worker was asked to stop before it could listen (SIGUSR2: 140, SIGTERM: 143). Not if
        SLURM has ended the job: it is completing, and will come back or was cancelled. Nor if it runs again elsewhere,
        because its node was taken for dead: it was then restarted more often than this one knows.
        """
        folder = shlex.quote(str(self.folder))
        return [
            "code=$?",
            f"case $code in {WORK_IS_LEFT}|140|143) ;; *) exit $code ;; esac",
            'for try in 1 2 3 4 5; do state=$(scontrol --oneliner show job "$me") && break; sleep 10; done',
            'case $state in *JobState=RUNNING*" Restarts=${SLURM_RESTART_COUNT:-0} "*) ;; *) exit 0 ;; esac',
            'scontrol requeue "$me" && exit 0',
            "array=${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}",
            f'next=$(sbatch --parsable --array=0 {folder}/"${{array}}_submission.sh") || exit',
            f"cd {folder} || exit",
            'cp "${array}_submission.sh" "${next%%;*}_submission.sh"',
            'cp "${me}_submitted.pkl" "${next%%;*}_0_submitted.pkl"',
        ]


class _Executor(submitit.SlurmExecutor):
    """Submitit's, which can be asked for its script on a machine without SLURM too."""

    @classmethod
    def affinity(cls) -> int:
        return 2
