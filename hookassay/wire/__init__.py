"""Wire: exact bytes over HTTP/1.1."""
