"""Where the tables of studies lie, <results>/tables/<study>.<scale>.parquet, and which there are; opens none."""

from collections.abc import Sequence
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


def table_names(results: Path, studies: Sequence[str] = (), scale: str | None = None) -> list[tuple[str, str]]:
    """(study, scale) of the tables of these studies, by name or file, or of all, at this scale or at every.

    Raises ValueError, which says what there is, where a study has no table or none is of the scale.
    """
    known = [study_and_scale(path) for path in table_paths(results)]
    if not known:
        said = "python -m ablations.run STUDY makes one, here or in --results DIR"
        raise ValueError(f"{results}/tables has no table; {said}")
    wanted = [Path(study).stem if study.endswith(".py") else study for study in studies]
    for study in wanted:
        if study not in (names := sorted({name for name, _ in known})):
            raise ValueError(f"{results}/tables has no table of {study!r}; it has {', '.join(names)}")
    of_studies = [name for name in known if not wanted or name[0] in wanted]
    if not (found := [name for name in of_studies if scale in (None, name[1])]):
        scales = ", ".join(sorted({there for _, there in of_studies}))
        raise ValueError(f"{results}/tables has no table at scale {scale!r}; there is {scales}")
    return found


def only_table(results: Path, study: str, scale: str | None = None) -> Path:
    """The study's table at this scale, or the only one. Raises ValueError if there is none, or several to choose of."""
    (name, first), *others = table_names(results, [study], scale)
    if others:
        scales = ", ".join((first, *(other for _, other in others)))
        raise ValueError(f"{name} has tables at the scales {scales}: say which scale")
    return table_path(results, name, first)
