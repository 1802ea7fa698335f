"""Runs for real: drives the machine with executors and a store. The functions to use are in `runtime.api`."""
