"""Where the tables of studies lie, <results>/tables/<study>.<scale>.parquet, and which there are; opens none."""

from pathlib import Path


def table_path(results: Path, study: str, scale: str) -> Path:
    """Where the table of a study at a scale lies."""
    return results / "tables" / f"{study}.{scale}.parquet"


def table_paths(results: Path) -> list[Path]:
    """The tables of studies that there are, by name."""
    return sorted((results / "tables").glob("*.*.parquet"))


def study_and_scale(table: Path) -> tuple[str, str]:
    """Of which study, at which scale, the table is: what its name says."""
    study, _, scale = table.stem.rpartition(".")
    return study, scale


def table_names(results: Path, study: str | None = None) -> list[tuple[str, str]]:
    """(study, scale) of each table, or of the study's, by its name or file. Raises ValueError if there is none."""
    names = [study_and_scale(path) for path in table_paths(results)]
    wanted = Path(study).stem if study else None
    if not (found := [name for name in names if wanted in (None, name[0])]):
        known = ", ".join(sorted({name for name, _ in names}))
        said = f"it has {known}" if known else "python -m ablations.run STUDY makes one, here or in --results DIR"
        raise ValueError(f"{results}/tables has no table{f' of {wanted!r}' if wanted else ''}; {said}")
    return found
