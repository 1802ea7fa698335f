"""What would a pipeline do if …? The engine on a virtual clock, with scripted outcomes."""
