"""Which pair of augmentations makes the contrastive task that teaches most?

Fig. 5's protocol: one crop shared by both branches, the pair on one branch only, the other left as it is.
"""

from itertools import combinations

from ablations import Claim, Study, all_of, best_of, cells, count_of, difference, rank, vary, weighted
from core.augmentations import FIG5_OPERATORS, Crop, Identity, Pair
from results.plots import Heatmap, PaperValues

operators = FIG5_OPERATORS.values()

names = (("Compose", "Crop"), ("ColorDistortion", "Color"), ("GaussianNoise", "Noise"), ("GaussianBlur", "Blur"))

fig_5 = PaperValues(
    study="augmentation_pairs",
    where=(("branches", "one"),),
    keys=(("first", "augment.first"), ("second", "augment.second")),
    names=tuple((theirs, ours) for ours, theirs in names),
)


def pair(first: str, second: str) -> dict[str, str]:
    """The cell that has `first`, then `second`."""
    return {"augment.first": first, "augment.second": second}


crop, cutout, color, *others = (type(operator).__name__ for operator in operators)
alone = {name: pair(name, name) for name in (crop, cutout, color, *others)}
pairs = list(combinations(alone, 2))
orders = [(pair(first, second), pair(second, first)) for first, second in pairs]
gains = [(best_of(both), best_of([alone[one], alone[other]])) for both, (one, other) in zip(orders, pairs, strict=True)]
hides = [bool({crop, cutout} & {*both}) for both in pairs]
shares = [1 / sum(hides) if hiding else -1 / hides.count(False) for hiding in hides]
gap = [((share, both), (-share, single)) for share, (both, single) in zip(shares, gains, strict=True)]
crop_color = [pair(crop, color), pair(color, crop)]
rest = [cell for both in orders for cell in both if cell not in crop_color]
task = "contrastive_top1"

STUDY = Study(
    question=__doc__.split("\n")[0],
    paper="Fig. 5",
    grid=vary(
        prepare=[Crop()],
        augment=[Pair(first, second) for first in operators for second in operators],
        augment_other=[Identity()],
        seed=range(3),
    ),
    figure=Heatmap(
        rows="augment.first",
        columns="augment.second",
        labels=names,
        titles=(("augment.first", "first transformation"), ("augment.second", "second transformation")),
        paper=fig_5,
    ),
    claims=[
        difference("F1", best_of(crop_color), best_of(rest), paper=10.1, text="crop with color is the best pair"),
        all_of(
            "F2",
            [(alone[crop], alone[name]) for name in alone if name != crop],
            paper=7.5,
            text="crop is the best single augmentation",
        ),
        difference(
            "F3",
            best_of(crop_color),
            best_of(list(alone.values())),
            paper=23.2,
            text="crop with color beats each single one",
        ),
        count_of("F3 pairs", gains, above=10, paper=13.0, text="most of the 21 pairs beat their better single one"),
        Claim(
            "F3 where",
            weighted(*(term for terms in gap for term in terms)),
            paper=5.9,
            text="pairs with crop or cutout gain more than the others",
        ),
        all_of("F4", orders, within=5.0, paper=3.9, text="no order of two augmentations matters by 5 points"),
        rank(
            "F5", {}, fig_5, over="augment.first", paper=1.0, text="rank correlation of the row means with the paper's"
        ),
        all_of(
            "F7",
            [(cells(alone[crop], task), cells(crop_color, task)), (crop_color, alone[crop])],
            text="color beside crop: a harder task, a better representation",
        ),
        rank("Fig. 5", {}, fig_5, paper=1.0, text="rank correlation of the 49 cells with the paper's"),
    ],
)
