"""What tries to break the library: sanitizers, fuzzing, memory checkers. Nothing here is installed."""
