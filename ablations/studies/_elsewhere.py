"""Findings of the paper that no study here tests, each with its reason."""

from typing import NamedTuple


class Elsewhere(NamedTuple):
    """A finding, what it says, and why it is not tested."""

    finding: str
    text: str
    why: str


ELSEWHERE = (
    Elsewhere(
        "F8",
        "crop alone leaves the color histogram as a shortcut",
        "Fig. 6 shows histograms and no number; F7 tests what follows, a harder task once color is distorted",
    ),
    Elsewhere(
        "F35",
        "fine-tuning on all labels beats training from scratch for wide networks only",
        "encoder_size has the widths and label_fraction the fine-tuning; no study crosses them",
    ),
    Elsewhere(
        "F36",
        "linear and fine-tuned accuracy go together; fine-tuning on few labels gains more from long training",
        "batch_epochs has the lengths of training and label_fraction the fine-tuning; Fig. B.5 has no number to meet",
    ),
    Elsewhere(
        "F42",
        "a linear head is nearly of low rank; h separates the classes better than z",
        "of weights and of t-SNE pictures, neither of which a record keeps; F19 compares h with z by a probe",
    ),
    Elsewhere(
        "F43",
        "probes trained beside the encoder, by LARS or by SGD, agree with the one trained afterwards",
        "the linear probe here is solved to its optimum, so there is no other to compare it with",
    ),
)
