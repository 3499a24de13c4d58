"""Every client with its real package, or skipped. `python -m tests.integrations.suites` runs the clients' own tests."""
