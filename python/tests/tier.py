"""How many cases a test of docs/reliability.md takes: TOPOLOSS_TIER=R asks for those before a release."""

import os

IS_RELEASE = os.environ.get("TOPOLOSS_TIER") == "R"


def cases(ordinary, release):
    return release if IS_RELEASE else ordinary
