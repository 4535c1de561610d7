"""The site: its settings and its routes."""
