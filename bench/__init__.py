"""Benchmarks of fastact against the alternatives; run `python -m bench.claim` from the repository.

Nothing here is installed with the package, and nothing in the package may import it.
"""
