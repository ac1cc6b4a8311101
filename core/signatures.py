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


def asks_for(function: Callable[..., Any], number: int) -> bool:
    """Whether it can be called with so many arguments in order, and what has a default is left alone."""
    parameters = inspect.signature(function).parameters.values()
    asked = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    most = sum(one.default is one.empty for one in asked)
    return binds(function, number) and (number <= most or any(one.kind == one.VAR_POSITIONAL for one in parameters))


def check_function(part: Any, name: str, arguments: tuple[str, ...]) -> None:
    """Raise TypeError if the part is a function that cannot be called with these arguments."""
    if inspect.isfunction(part) and not binds(part, len(arguments)):
        given = f"{part.__name__}{inspect.signature(part)}"
        raise TypeError(f"{name} takes a function of ({', '.join(arguments)}), not {given}")
