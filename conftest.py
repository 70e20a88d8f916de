"""Doctests of files that begin with `import torch` are collected only where it is installed."""

from importlib.util import find_spec

_OF_TORCH = ["architectures/[!_]*.py", "adapters/torch_modules.py", "adapters/tracing.py"]

collect_ignore_glob = [] if find_spec("torch") else [f"src/segweave/models/{files}" for files in _OF_TORCH]
