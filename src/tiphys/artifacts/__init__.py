"""Artifacts: where they lie, how they get there and back. Standard library only, but for remote stores."""
