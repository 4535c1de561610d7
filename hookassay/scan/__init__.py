"""The system scan: reads a codebase for what no request can show, and knows nothing of the rest of the harness."""
