"""A journal: where something that takes long keeps its state, so that it goes on from there after a stop or a kill."""

from typing import Any, Protocol

State = dict[str, Any]
Row = dict[str, float]


class Journal(Protocol):
    """Where a run keeps its state; `ablations` gives one that writes files, `Unkept` is for trying things out."""

    def load(self) -> State | None:
        """The last saved state, or None at the start; called once, before anything else."""

    def save(self, state: State) -> None:
        """Keep `state`; raises to end the run here if somebody asked for it."""

    def due(self) -> bool:
        """Whether to save at this step boundary: someone asks to stop, or the last save is minutes old."""

    def tell(self, row: Row) -> None:
        """Say how the run goes."""


class Unkept:
    """A journal that keeps nothing."""

    def load(self) -> State | None: ...
    def save(self, state: State) -> None: ...
    def due(self) -> bool:
        return False

    def tell(self, row: Row) -> None: ...
