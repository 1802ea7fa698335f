"""Executors: they take `StartPod` and answer with how the pod went. They never know why."""
