"""Each example runs as it stands, from another folder, and prints what it promises."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_my_loss(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    script = ROOT / "examples" / "my_loss.py"
    ended = subprocess.run([sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert "my_loss at scale smoke: 12 runs, 12 to do" in lines
    columns = ["run", "arm", "loss", "seed", "linear_top1"]
    head = [line.split() for line in lines].index(columns)
    arms = [line.split()[1:-3] for line in lines[head + 1 : head + 13]]
    assert sorted(map(" ".join, arms)) == sorted(3 * ["cell", "cell", "random encoder", "supervised"])
    assert lines[-2].split() == ["claim", "verdict", "effect", "low", "high", "seeds"]
    assert lines[-1].split()[0] == "apart" and lines[-1].split()[-1] == "3"
