// A Stripe webhook on Express: the event's id and the order in one transaction, 200 after its commit.
//
// PORT, WORKERS (1: no cluster), DATABASE_URL (sqlite:////path or postgresql://…), STRIPE_WEBHOOK_SECRET.

import cluster from "node:cluster";

import express from "express";
import Stripe from "stripe";

const { PORT, WORKERS, DATABASE_URL, STRIPE_WEBHOOK_SECRET } = process.env;

async function serve() {
  const store = DATABASE_URL.startsWith("sqlite:") ? await import("./sqlite.js") : await import("./postgres.js");
  const record = await store.open(DATABASE_URL);
  const stripe = new Stripe("sk_test_unused");
  const app = express();

  app.post("/stripe/webhook", express.raw({ type: "application/json", limit: "2mb" }), async (request, response) => {
    let event;
    try {
      event = stripe.webhooks.constructEvent(request.body, request.headers["stripe-signature"], STRIPE_WEBHOOK_SECRET);
    } catch {
      return response.sendStatus(400);
    }
    if (event.type === "checkout.session.completed") {
      try {
        await record(event, event.data.object);
      } catch (error) {
        console.error(error);
        return response.sendStatus(503);
      }
    }
    response.json({ received: true });
  });

  app.listen(Number(PORT), "127.0.0.1", 512);
}

if (cluster.isPrimary && Number(WORKERS) > 1) {
  for (let worker = 0; worker < Number(WORKERS); worker++) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill();
    process.exit();
  });
} else {
  await serve();
}
