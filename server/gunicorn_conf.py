"""Defaults for gunicorn: `gunicorn -c python:hookassay.server.gunicorn_conf hookassay.server.wsgi:app`.

Every value yields to the command line.
"""

from __future__ import annotations

worker_class = "gthread"
workers = 2
threads = 16  # as many events at most share a transaction
worker_connections = 200  # connections that one worker keeps at once, idle keep-alive ones included
backlog = 512
timeout = 30
graceful_timeout = 15  # seconds for deliveries that are being stored when the server is told to stop
keepalive = 15  # Stripe delivers bursts over few connections
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 16384  # a Stripe-Signature header with a signature for each of many secrets
