"""Run every benchmark of this folder, or those named, one after the other.

Each prints its own table: medians of several runs, and ratios against a peer measured in the same run.
Nothing here fails because a machine is slow.

    python benchmarks/run.py [NAME ...]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NOT_ONES = ("run", "timing", "workflows")


def main(names: list[str]) -> int:
    """Run the named benchmarks (all, if none is named); the exit status is that of the worst."""
    known = {path.stem: path for path in sorted(HERE.glob("*.py")) if path.stem not in NOT_ONES}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    worst = 0
    for name in names or list(known):
        print(f"\n== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, known[name]], check=False).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
