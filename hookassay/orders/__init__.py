"""Orders: reading back what the implementation keeps, and waiting for it rightly."""
