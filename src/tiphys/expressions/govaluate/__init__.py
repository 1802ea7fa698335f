"""govaluate, the language of `when`."""
