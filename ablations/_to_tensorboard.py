"""A study's runs as TensorBoard shows them: a folder a run, its epochs as curves, its settings under HPARAMS."""

from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from results.exported import Exported, exported


def to_tensorboard(table: Path, folder: Path) -> list[str]:
    """Write an event file for each finished run of the table; what to say of it."""
    runs = exported(table)
    for run in runs:
        _write(run, folder / run.run)
    return [f"{len(runs)} finished runs: tensorboard --logdir {folder}"]


def _write(run: Exported, folder: Path) -> None:
    writer = SummaryWriter(str(folder))
    for row in run.curves:
        for name in row.keys() - {"epoch"}:
            writer.add_scalar(name, row[name], int(row["epoch"]))
    settings = {name: _plain(cell) for name, cell in {"arm": run.arm, **run.settings}.items()}
    last = int(run.curves[-1]["epoch"]) if run.curves else 0
    writer.add_hparams(settings, {f"final/{name}": metric for name, metric in run.metrics.items()}, None, ".", last)
    writer.close()


def _plain(cell: object) -> object:
    return cell if isinstance(cell, bool | int | float | str) else str(cell)
