"""A study's runs for Weights & Biases, offline: nothing leaves the machine before one says `wandb sync`."""

import os
from pathlib import Path
from typing import Any

os.environ["WANDB_ERROR_REPORTING"] = "false"  # read when it is imported

import wandb

from results.exported import Exported, exported
from results.table_files import study_and_scale

QUIET: dict[str, Any] = {
    **{"silent": True, "console": "off", "disable_git": True, "save_code": False, "host": ""},
    **{"x_disable_stats": True, "x_disable_meta": True, "x_disable_machine_info": True, "x_save_requirements": False},
}


def to_wandb(table: Path, folder: Path) -> list[str]:
    """Write an offline run for each finished run of the table, in a project named after the study; what to say of it.

    Neither the name of this machine nor its load goes into them: the runs may have been trained elsewhere.
    """
    study, scale = study_and_scale(table)
    runs = exported(table)
    for run in runs:
        _write(run, folder, study, scale)
    wandb.teardown()  # its files are whole only once its service has ended
    return [f"{len(runs)} finished runs, offline: wandb sync {folder}/wandb/offline-run-*"]


def _write(run: Exported, folder: Path, study: str, scale: str) -> None:
    made = wandb.init(
        mode="offline",
        dir=folder,
        project=study,
        group=scale,
        job_type=run.arm,
        id=f"{scale}-{run.run}",
        name=run.run,
        config=dict(run.settings),
        settings=wandb.Settings(**QUIET),
    )
    for row in run.curves:
        made.log({name: metric for name, metric in row.items() if name != "epoch"}, step=int(row["epoch"]))
    made.summary.update(dict(run.metrics))
    made.finish()
