"""``python -m benchmarks.contender MODULE FUNCTION ARGUMENTS``: one contender in this process; figures as JSON."""

from __future__ import annotations

import json
import sys
from importlib import import_module


def main() -> None:
    """Call ``benchmarks.MODULE.FUNCTION`` with the arguments (a JSON object) and print what it gives."""
    module, function, arguments = sys.argv[1:]
    figures = getattr(import_module(f"benchmarks.{module}"), function)(**json.loads(arguments))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
