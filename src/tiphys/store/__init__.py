"""Runs that outlive the process: rows, history, attempts. Plain data; the runtime knows what it means."""
