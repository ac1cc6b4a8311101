"""python -m ablations.export STUDY --to csv|tensorboard|wandb: a study's runs for other tools, from results/ alone.

Each goes to results/export/STUDY.SCALE/. One row or run a run, with its settings and metrics, its epochs as curves.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ablations._command import DONE, parser, run_command
from results.table_files import table_names, table_path

FORMATS = ("csv", "tensorboard", "wandb")


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("export", __doc__.splitlines()[0])
    made.add_argument("study", metavar="STUDY", help="its name, or its file")
    made.add_argument("--to", choices=FORMATS, required=True)
    made.add_argument("--scale", help="default: every scale there is")
    options = made.parse_args(arguments)
    from ablations.report import set_aside_damaged
    from results.tables import fill

    write = _writer(options.to)
    set_aside_damaged(options.results)
    for study, scale in table_names(options.results, [options.study], options.scale):
        path = table_path(options.results, study, scale)
        folder = options.results / "export" / path.stem / options.to
        fill(path, options.results / "runs")
        print("\n".join(write(path, _emptied(folder))))
    return DONE


def _writer(to: str) -> Callable[[Path, Path], Sequence[str]]:
    """What writes such files; raises ValueError where the package that it takes is missing."""
    try:
        if to == "wandb":
            from ablations._to_wandb import to_wandb

            return to_wandb
        if to == "tensorboard":
            from ablations._to_tensorboard import to_tensorboard

            return to_tensorboard
    except ModuleNotFoundError as missing:
        raise ValueError(f"--to {to} takes the package {to}, which is missing: pip install {to}") from missing
    from results.exported import to_csv

    return to_csv


def _emptied(folder: Path) -> Path:
    """The folder, without what an earlier export left there."""
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    run_command("export", main)
