"""Which pair of augmentations makes the contrastive task that teaches most?

Fig. 5's protocol: one crop shared by both branches, the pair on one branch only, the other left as it is.
"""

from ablations import Study, vary
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
)
