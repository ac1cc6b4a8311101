"""Make results/paper.parquet: `python -m results._paper values.csv`, the numbers read off the paper."""

import sys
from pathlib import Path

import pandas as pd

from results.paper import PAPER

COLUMNS = ["study", "item", "setting", "metric", "value", "source"]


def main(source: Path, target: Path = PAPER) -> None:
    """Keep the rows of the CSV whose value is a number (`>10` is a claim, not a number)."""
    rows = pd.read_csv(source, dtype=str)[COLUMNS]
    rows["value"] = pd.to_numeric(rows["value"], errors="coerce")
    kept = rows[rows["value"].notna() & (rows["metric"] != "setting")]
    kept.to_parquet(target, index=False, compression="zstd")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
