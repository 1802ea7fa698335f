"""Phases, outputs, events and decisions: where the engine and those who carry out its wishes meet."""
