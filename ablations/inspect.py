"""python -m ablations.inspect views [STUDY] | RUN: a sheet of the views that training sees, or one run as a picture.

`views` draws each operation of core by itself, or the views of each cell of a study whose augmentations differ.
RUN, an id or how it begins, draws its training curves, the nearest neighbors of some test images, and a map of h.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablations._command import DONE, parser, positive, run_command
from ablations._find import check_name
from ablations._options import SCALE_NAMES, Assigned, assignment

if TYPE_CHECKING:
    from argparse import Namespace


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    made = parser("inspect", __doc__.splitlines()[0])
    made.add_argument("what", metavar="views | RUN", help="views, or the id of a run, or how that begins")
    made.add_argument("study", nargs="?", metavar="STUDY", help="a name, or the path of one's own file")
    made.add_argument("--data", metavar="DIR", help="where the images lie")
    views = made.add_argument_group("with views")
    views.add_argument("--scale", choices=SCALE_NAMES, help="default: laptop")
    views.add_argument("--images", type=positive, metavar="N", help="so many images (default: 6; 4 of pairs)")
    views.add_argument("--epoch", type=int, help="as they are in this epoch (default: 0, the first)")
    views.add_argument(
        "--set", type=assignment, action=Assigned, metavar="SETTING=VALUE", help='dataset=pets, "augment=Crop()", ...'
    )
    run = made.add_argument_group("with RUN; STUDY is the file of its study, if that is one's own")
    run.add_argument("--train", action="store_true", help="train it again here, if its encoder is gone")
    options = made.parse_args(arguments)
    if options.study:
        check_name(options.study)
    is_views = options.what == "views"
    of_views = [name for name in ("scale", "images", "epoch", "set") if getattr(options, name) is not None]
    if wrong := ["train"] * options.train if is_views else of_views:
        raise ValueError(f"--{wrong[0]} goes with {'RUN' if is_views else 'views'}, not {options.what}")
    print(_views(options) if is_views else _run(options))
    return DONE


def _views(options: "Namespace") -> str:
    from ablations._views import draw_views
    from results.plots import save_png

    options.scale, options.epoch = options.scale or "laptop", options.epoch or 0
    if options.epoch < 0:
        raise ValueError(f"--epoch takes 0, the first, or more, not {options.epoch}")
    name = f"views.{Path(options.study).stem}" if options.study else "views"
    return str(save_png(draw_views(options), options.results / "inspect" / f"{name}.{options.scale}.png"))


def _run(options: "Namespace") -> str:
    from ablations._known import find_run

    run = find_run(options.results, options.what)
    from ablations._look import draw_run
    from results.plots import save_png

    return str(save_png(draw_run(options, run), options.results / "inspect" / f"{run}.png"))


if __name__ == "__main__":
    run_command("inspect", main)
