"""Every study of the catalogue, run by its command at scale smoke: table, figure and claims. `make test-studies`."""

from pathlib import Path

import pandas as pd
import pytest

from ablations import load_study, study_names
from ablations.run import main
from results.tables import read_table

PILOT = "laptop_baseline"  # its images are CIFAR-10 at any scale


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, so that studies share their runs as a person's do."""
    return tmp_path_factory.mktemp("results")


@pytest.mark.parametrize("name", [name for name in study_names() if name != PILOT])
def test_the_study_runs(name: str, results: Path) -> None:
    assert main([name, "--scale", "smoke", "--seeds", "1", "--results", str(results)]) == 0
    table = read_table(results / "tables" / f"{name}.smoke.parquet")
    assert set(table["status"]) == {"done"}
    for kind in ("png", "svg", "pdf"):
        assert (results / "figures" / f"{name}.smoke.{kind}").stat().st_size > 1000
    if declared := load_study(name).claims_at("smoke"):
        claims = pd.read_parquet(results / "claims.parquet")
        assert list(claims.loc[claims["study"] == name, "claim"]) == [claim.name for claim in declared]
