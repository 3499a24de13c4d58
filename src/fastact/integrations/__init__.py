"""What other packages need to use fastact: one file a client, imported by whoever wants it, never by fastact itself."""
