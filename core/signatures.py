"""Whether a function of one's own can be called as it will be: asked before anything is trained."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any


@cache  # reading a signature takes as long as all the rest of an experiment
def binds(function: Callable[..., Any], number: int) -> bool:
    """Whether it can be called with so many arguments in order."""
    try:
        inspect.signature(function).bind(*range(number))
    except TypeError:
        return False
    return True


def check_function(part: Any, name: str, arguments: tuple[str, ...]) -> None:
    """Raise TypeError if the part is a function that cannot be called with these arguments."""
    if inspect.isfunction(part) and not binds(part, len(arguments)):
        given = f"{part.__name__}{inspect.signature(part)}"
        raise TypeError(f"{name} takes a function of ({', '.join(arguments)}), not {given}")
