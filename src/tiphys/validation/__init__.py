"""Argo's own validation of workflows, word for word, without I/O."""
