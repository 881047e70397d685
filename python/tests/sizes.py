"""How large a reliability test is, and which random cases it takes.

`make reliability ID=A3 N=50000 SEED=7` and `TIER=R` reach the tests by three environment variables;
Tests/TestOracles/Tier.swift reads the same.
"""

import os


def of_tier(ordinary, release):
    """The column C or, before a release (TOPOLOSS_TIER=R), R of docs/reliability.md."""
    return release if os.environ.get("TOPOLOSS_TIER") == "R" else ordinary


def cases(ordinary, release):
    """The same for a number of cases, which TOPOLOSS_CASES overrides."""
    return int(os.environ.get("TOPOLOSS_CASES") or 0) or of_tier(ordinary, release)


def seed(own):
    """The test's own seed, moved by TOPOLOSS_SEED."""
    return own + int(os.environ.get("TOPOLOSS_SEED") or 0)
