// The application: its routes, and what it answers when something goes wrong.

import express from "express";

import { stripeRoutes } from "./webhook.js";

export function createApp({ orders, secret }) {
  const app = express();
  app.disable("x-powered-by");

  app.use("/stripe", stripeRoutes({ orders, secret }));

  // The shop's own routes come after Stripe's, with express.json() and whatever else they need.

  app.use((error, request, response, next) => {
    const status = error.status ?? 500;
    if (status >= 500) console.error(error);
    if (response.headersSent) return next(error);
    response.sendStatus(status); // Express's own handler would answer with a stack trace.
  });
  return app;
}
