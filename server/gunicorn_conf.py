"""Defaults for gunicorn: `gunicorn -c python:hookassay.server.gunicorn_conf hookassay.server.wsgi:app`.

Every value yields to the command line. docs/deployment.md says what each is for.
"""

from __future__ import annotations

import resource

worker_class = "hookassay.server.reception.Reception"
workers = 2
threads = 8  # for everything but deliveries, which the worker's loop serves
worker_connections = 1000  # of one worker, idle ones included; beyond that who has waited longest is let go
backlog = 2048
timeout = 30  # seconds after which a worker that does not stir is replaced; no limit of a request
graceful_timeout = 15  # seconds for deliveries that are being stored when the server is told to stop
keepalive = 15  # Stripe delivers bursts over few connections
forwarded_allow_ips = ""  # nothing here depends on what a proxy says of the client, so no proxy is believed
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 16384  # a Stripe-Signature header with a signature for each of many secrets

# Many systems allow a process 1024 files unless it asks for more.
_allowed, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
_wanted = 4096 if _most == resource.RLIM_INFINITY else min(4096, _most)
if _allowed != resource.RLIM_INFINITY and _allowed < _wanted:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_wanted, _most))
