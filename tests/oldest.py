"""Prints pip's constraints for the oldest versions that pyproject.toml admits, torch and torchvision apart."""

import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]

for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]):
    if ">=" in requirement and not requirement.startswith("torch"):
        print(requirement.replace(">=", "=="))
