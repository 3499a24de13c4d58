"""How constants were made, and the exhaustive sweep. Nothing here is installed."""
