"""The encoders of Sec. 6 and App. B: those of the ablations, pretrained ten times as long."""

from dataclasses import replace

from core.experiment import Experiment


def as_in_section_6(base: Experiment) -> Experiment:
    """1000 epochs at the paper's scale; elsewhere the scale's own."""
    return replace(base, epochs=1000) if base.dataset == "imagenet" else base
