"""Nothing that is read can run: each call that turns what it reads into code is known here, with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("ablations", "core", "results", "slurm")
RUNS = ("pickle.", "marshal.", "shelve.", "dill.", "cloudpickle.", "joblib.", "runpy.", "torch.hub.", "torch.package.")
RUNS += (
    "importlib.import_module",
    "importlib.util.",
    "importlib.machinery.",
    "torch.jit.load",
    "pandas.read_pickle",
    "pandas.eval",
    "os.system",
    "os.popen",
    "yaml.",
)
RUNS += ("eval", "exec", "compile", "__import__", "builtins.", "torchvision.datasets.")
NEEDS = {"torch.load": ("weights_only", True), "numpy.load": ("allow_pickle", False)}
WRITES = ("pickle.dumps",)

KNOWN = {
    "ablations/__init__.py importlib.import_module": "the package's own names, out of a list of ours",
    "ablations/_find.py importlib.import_module": "a study that is shipped, by a name out of the list of them",
    "ablations/_find.py importlib.util.module_from_spec": "the file that a person typed, or its copy by its hash",
    "ablations/_find.py importlib.util.spec_from_file_location": "the same",
    "ablations/_siblings.py importlib.util.find_spec": "looks where a room is, and imports nothing",
    "ablations/_derive.py importlib.import_module": "a module of core, out of a list of ours",
    "ablations/_derive.py eval": "the value that a person typed behind --set",
    "ablations/_site.py runpy.run_path": "the site's file, which a person wrote and named",
    "core/layouts.py torchvision.datasets.*": "CIFAR's own pickles, which torchvision reads if they have its checksums",
    "core/sources.py torchvision.datasets.*": "the same, and it downloads them",
    "slurm/child.py importlib.import_module": "the job's function, which the process that made the job names",
    "slurm/serve.py pickle.loads": "the job, out of a folder that is the user's alone (slurm/submit.py)",
}


def names_of(tree: ast.AST) -> dict[str, str]:
    """What each imported name is: {"np": "numpy", "loads": "pickle.loads"}."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {one.asname: one.name for one in node.names if one.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return names


def called(function: ast.expr, names: dict[str, str]) -> str:
    """The full name of what is called; "" where it has none."""
    if isinstance(function, ast.Name):
        return names.get(function.id, function.id)
    if isinstance(function, ast.Attribute):
        front = called(function.value, names)
        return f"{front}.{function.attr}" if front else ""
    if isinstance(function, ast.Call) and called(function.func, names) == "getattr":
        return f"{called(function.args[0], names)}.*"
    return ""


def says(call: ast.Call, keyword: str, value: object) -> bool:
    return any(
        one.arg == keyword and isinstance(one.value, ast.Constant) and one.value.value is value for one in call.keywords
    )


def running(source: str) -> Iterator[str]:
    """The calls in a module that may run what they read."""
    tree = ast.parse(source)
    names = names_of(tree)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and may_run(call, name := called(call.func, names)):
            yield name


def may_run(call: ast.Call, name: str) -> bool:
    if name in NEEDS:
        return not says(call, *NEEDS[name])
    is_text = isinstance(call.func, ast.Attribute) and call.func.attr in ("eval", "query") and bool(call.args)
    by_shell = any(one.arg == "shell" for one in call.keywords)
    named = any(name == one or (one.endswith(".") and name.startswith(one)) for one in RUNS)
    return name not in WRITES and (is_text or by_shell or named)


def test_every_call_that_may_run_what_it_reads_is_known() -> None:
    found = set()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if path.relative_to(ROOT).parts[:2] not in (
                ("results", "source"),
                ("results", "against"),
                ("results", "runs"),
            ):
                found |= {f"{path.relative_to(ROOT)} {name}" for name in running(path.read_text())}
    assert found == set(KNOWN)


@pytest.mark.parametrize(
    "line",
    [
        "import pickle as p; p.load(file)",
        "from pickle import Unpickler; Unpickler(file).load()",
        "eval(text)",
        "exec(text)",
        "import builtins; builtins.exec(text)",
        "import torch; torch.load(file)",
        "import torch; torch.load(file, weights_only=False)",
        "import torch; torch.load(file, weights_only=flag)",
        "import numpy as np; np.load(file)",
        "import numpy as np; np.load(file, allow_pickle=True)",
        "import pandas as pd; pd.read_pickle(file)",
        "table.query(text)",
        "import subprocess; subprocess.run(text, shell=True)",
        "from importlib import import_module as get; get(text)",
        "import importlib.util; importlib.util.spec_from_file_location(name, file)",
        "from torchvision import datasets; getattr(datasets, name)(folder)",
    ],
)
def test_a_new_one_would_be_seen(line: str) -> None:
    assert list(running(line))


@pytest.mark.parametrize(
    "line",
    [
        "import torch; torch.load(file, weights_only=True)",
        "import numpy as np; np.load(file, allow_pickle=False)",
        "encoder.eval()",
        "import pickle; pickle.dumps(job)",
        "from importlib.metadata import version; version(name)",
    ],
)
def test_what_runs_nothing_is_free(line: str) -> None:
    assert not list(running(line))
