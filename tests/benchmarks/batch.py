"""The memory of a large batch where bn_batch takes it through the encoder in parts."""

from dataclasses import replace

from core.pretrain import pretrain
from tests.benchmarks._fresh import fresh
from tests.benchmarks._memory import extra_memory
from tests.benchmarks._row import Row
from tests.benchmarks._training import noise
from tests.benchmarks.pretraining import EXPERIMENT

LARGE, SMALL, TIMES = 8192, 512, 1.5


def measure() -> list[Row]:
    """MiB above the images as bytes, for one step of either batch; its two views alone take 192 MiB at 8192."""
    large, small = (fresh(step_memory, batch, SMALL) for batch in (LARGE, SMALL))
    name = f"memory of a step, ResNet-8, batch {LARGE} with bn_batch {SMALL}"
    held = large <= TIMES * small
    return [Row(name, large, "MiB", small, f"batch {SMALL}", goal=f"at most {TIMES} times batch {SMALL}", held=held)]


def step_memory(batch: int, bn_batch: int) -> float:
    """Of one whole step, MiB above the images themselves."""
    experiment = replace(EXPERIMENT, batch_size=batch, bn_batch=bn_batch, epochs=1, warmup_epochs=0.0)
    data = noise(batch)
    return extra_memory(lambda: pretrain(experiment, data))
