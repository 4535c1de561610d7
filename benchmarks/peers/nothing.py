"""A server that does nothing but read a request and answer it: Falcon under gunicorn, `gunicorn nothing:app`."""

from __future__ import annotations

import falcon


class Nothing:
    """Takes every delivery and forgets it."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 200."""
        req.bounded_stream.read()
        resp.media = {"received": True}


app = falcon.App()
app.add_route("/stripe/webhook", Nothing())
