// POST /stripe/webhook: verify, apply, acknowledge.

import express from "express";
import Stripe from "stripe";

const LARGEST_EVENT = "1mb"; // Stripe documents no size. Express's own limit of 100 kB is too small.

/** The routes that Stripe calls. `secret` is the endpoint's signing secret, whsec_… */
export function stripeRoutes({ orders, secret }) {
  const router = express.Router();

  // The signature is over the bytes as they came: nothing may parse the body before it is verified.
  const rawBody = express.raw({ type: "application/json", limit: LARGEST_EVENT, inflate: false });

  router.post("/webhook", rawBody, (request, response) => {
    const event = verified(request, secret);
    if (!event) return response.sendStatus(400);

    if (event.type === "payment_intent.payment_failed") {
      console.warn("a payment attempt failed:", event.id); // The customer may try again: the order is left alone.
    }
    orders.apply(event); // If it throws, the answer is a 500, and Stripe delivers the event again.
    response.sendStatus(200);
  });

  return router;
}

/** The event in a request that Stripe signed within the last five minutes; null for everything else. */
function verified(request, secret) {
  let event;
  try {
    event = Stripe.webhooks.constructEvent(request.body, request.headers["stripe-signature"], secret);
  } catch (error) {
    // The library throws other errors too, for input that only an attacker sends. The answer repeats none of it: it
    // would tell him what to change.
    console.warn("refused a delivery:", error.type ?? error.name);
    return null;
  }
  // What is signed is still no event if it is a list, say, or null.
  const complete = event?.object === "event" && typeof event.type === "string" && event.data?.object;
  return complete ? event : null;
}
