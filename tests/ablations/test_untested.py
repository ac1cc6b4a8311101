"""What a results folder says nothing of: the rest of the catalogue, where it has some of it."""

from pathlib import Path

from ablations._find import study_names
from ablations._untested import untested
from ablations.studies._elsewhere import ELSEWHERE


def folder(path: Path, *tables: str) -> Path:
    (path / "tables").mkdir()
    for name in tables:
        (path / "tables" / f"{name}.parquet").touch()
    return path


def test_studies_without_a_table_wait_with_their_claims(tmp_path: Path) -> None:
    waiting, elsewhere = untested(folder(tmp_path, "projection_head.laptop", "loss.smoke", "mine.smoke"))
    assert [one.study for one in waiting] == [name for name in study_names() if name not in ("projection_head", "loss")]
    (size,) = (one for one in waiting if one.study == "encoder_size")
    assert (size.paper, [name for name, _ in size.claims]) == ("Fig. 7", ["F14", "F15"])
    assert size.question == "Do larger encoders gain more from contrastive than from supervised learning?"
    assert all(one.question and all(text for _, text in one.claims) for one in waiting)
    assert elsewhere == ELSEWHERE


def test_a_folder_of_ones_own_studies_hears_nothing_of_the_catalogue(tmp_path: Path) -> None:
    assert untested(folder(tmp_path, "mine.smoke", "tiny.laptop")) == ([], ())
