"""python -m ablations.report [STUDY ...]: tables, figures and verdicts again, from results/ alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablations._command import DONE, parser, run_command
from ablations._options import SCALE_NAMES
from results.table_files import study_and_scale, table_names, table_path, table_paths

if TYPE_CHECKING:
    from results.judged import Told


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    from ablations._functions import declare
    from ablations._list import print_notes
    from ablations._verdicts import print_verdicts

    made = parser("report", __doc__)
    made.add_argument("studies", nargs="*", metavar="STUDY", help="default: all that have a table")
    made.add_argument("--scale", help="default: every scale there is")
    made.add_argument("--page", action="store_true", help="write <results>/report.html, too: all of it in one file")
    options = made.parse_args(arguments)
    set_aside_damaged(options.results)
    names = table_names(options.results, options.studies, options.scale)
    declare(options.results, options.studies)
    studies: dict[Path, Told] = {}
    for path in (table_path(options.results, *name) for name in names):
        studies[path], figures = report(path, options.results)
        for written in (path, *figures):
            print(written)
        print_notes(studies[path][0].attrs["study"].get("notes", ()))
    print_verdicts(options.results, {Path(study).stem for study in options.studies}, studies)
    if options.page:
        print(_page(options.results, studies, is_whole=not options.studies))
    return DONE


def report(path: Path, results: Path) -> "tuple[Told, list[Path]]":
    """Fill the table at `path` from the records, judge its claims, draw and set both; what is told, and the files."""
    from results.draw_claims import draw_claims
    from results.judged import judged
    from results.latex import cells_as_latex, claims_as_latex, save_latex
    from results.notes import trained
    from results.panels import parts_of
    from results.paper import read_paper
    from results.plots import figure_from, save
    from results.tables import fill

    table = fill(path, results / "runs")
    for problem in table.attrs["damaged"]:
        print(f"{problem} was damaged and is set aside; what was in it is to do again")
    figure, figures, paper = figure_from(table.attrs["study"]["figure"]), results / "figures", read_paper()
    written = save(figure.draw(table, paper), figures, path.stem)
    written.append(save_latex(cells_as_latex(figure, table, paper), figures, path.stem))
    found = judged(table, results)
    if found:
        said = trained(parts_of(figure), table)
        written += save(draw_claims(found, said), figures, f"{path.stem}.claims")
        written.append(save_latex(claims_as_latex(found, said), figures, f"{path.stem}.claims"))
    stale = () if found else figures.glob(f"{path.stem}.claims.*")  # of claims that the study has no more
    for before in filter(Path.is_file, stale):
        before.unlink()
    return (table, found), written


def _page(results: Path, studies: "Mapping[Path, Told]", is_whole: bool) -> Path:
    """Write the page of these tables, a study's scales from small to large; of all, with what is not tested."""
    from ablations._untested import untested
    from results.page import write_page

    def place(path: Path) -> tuple[str, int, str]:
        study, scale = study_and_scale(path)
        return study, (*SCALE_NAMES, scale).index(scale), scale

    in_order = [studies[path] for path in sorted(studies, key=place)]
    return write_page(in_order, results / "report.html", *(untested(results) if is_whole else ()))


def set_aside_damaged(results: Path) -> None:
    """Set aside and name the tables that are damaged, so that none stands in the way of the others."""
    from results.damage import Damaged, set_aside
    from results.tables import read_rows

    for path in table_paths(results):
        try:
            read_rows(path, ("run", "probes"))
        except Damaged as problem:
            study, scale = study_and_scale(path)
            again = f"python -m ablations.run {study} --scale {scale} makes it again"
            print(f"{problem}; set aside as {set_aside(path)}; {again}")


if __name__ == "__main__":
    run_command("report", main)
