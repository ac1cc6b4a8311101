"""Many small runs: single-threaded runs side by side, which is the default, against one run on all cores."""

from ablations._scale import LAPTOP
from tests.benchmarks._fresh import CORES, fresh, side_by_side, take_turns
from tests.benchmarks._row import Row, compare
from tests.benchmarks._training import images_per_second

REPEATS, STEPS = 3, 40


def measure() -> list[Row]:
    """Views/s of all runs together, at scale `laptop`."""
    measured = take_turns(
        REPEATS,
        many=lambda: 2 * sum(side_by_side(CORES, images_per_second, LAPTOP, STEPS, threads=1)),
        one=lambda: 2 * fresh(images_per_second, LAPTOP, STEPS, threads=CORES),
    )
    name = f"{CORES} runs of scale laptop side by side, a thread each"
    return [compare(name, "views/s", measured["many"], f"one run, {CORES} threads", measured["one"], times=1)]
