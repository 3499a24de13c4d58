"""Every client with its real package; what is not installed is skipped. `python -m tests.integrations.suites` runs clients' own tests."""
