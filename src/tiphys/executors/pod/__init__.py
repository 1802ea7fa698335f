"""The task side: what supervises one attempt of a pod, in a process of its own.

Standard library only, with `tiphys.errors`, `tiphys.failpoints` and `tiphys.artifacts`: these modules
run in the Python environments of components, where nothing of tiphys is installed.
"""
