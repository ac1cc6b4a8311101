"""What takes how long: `python -m tests.benchmarks` measures and prints; no test here is timed."""
