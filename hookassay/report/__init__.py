"""Report: consumers of one result."""
