import express from "express";
import type Stripe from "stripe";
import { db } from "../db";
import { disputes, orders, refunds } from "../db/schema";
import { stripe } from "../lib/stripe";
import { recompute } from "../lib/orders";

const router = express.Router();

router.post("/webhook", express.raw({ type: "application/json" }), async (req, res) => {
  let event: Stripe.Event;
  try {
    event = stripe.webhooks.constructEvent(
      req.body,
      req.headers["stripe-signature"]!,
      process.env.STRIPE_WEBHOOK_SECRET!
    );
  } catch (err) {
    console.error("Webhook signature failed:", err);
    return res.status(400).send("The signature does not fit the body.");
  }

  try {
    await db.transaction((tx) => record(tx, event));
  } catch (err) {
    console.error(`${event.id} could not be stored`, err);
    return res.sendStatus(500); // Stripe sends it again
  }
  res.json({ received: true });
});

async function record(tx: typeof db, event: Stripe.Event) {
  switch (event.type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded": {
      const session = event.data.object;
      const payment = session.payment_intent as string | null;
      await tx
        .insert(orders)
        .values({
          user_id: session.metadata?.user_id ? Number(session.metadata.user_id) : null,
          stripe_session_id: session.id,
          stripe_payment_intent: payment,
          status: session.payment_status === "paid" ? "paid" : "pending",
          total_amount: session.amount_total === null ? null : BigInt(session.amount_total),
          currency: session.currency,
        })
        .onConflictDoNothing();
      await recompute(tx, payment);
      break;
    }
    case "refund.created":
    case "refund.updated":
    case "refund.failed": {
      const refund = event.data.object;
      await tx
        .insert(refunds)
        .values({
          refund: refund.id,
          stripe_payment_intent: refund.payment_intent as string,
          amount: BigInt(refund.amount),
          status: refund.status ?? "pending",
        })
        .onConflictDoUpdate({ target: refunds.refund, set: { status: refund.status ?? "pending" } });
      await recompute(tx, refund.payment_intent as string | null);
      break;
    }
    case "charge.dispute.created":
    case "charge.dispute.closed": {
      const dispute = event.data.object as Stripe.Dispute;
      await tx
        .insert(disputes)
        .values({
          id: dispute.id,
          stripe_payment_intent: dispute.payment_intent as string,
          status: dispute.status,
        })
        .onConflictDoUpdate({ target: disputes.id, set: { status: dispute.status } });
      await recompute(tx, dispute.payment_intent as string | null);
      break;
    }
    case "payment_intent.payment_failed":
      console.warn(`Payment failed: ${event.data.object.id}`);
      break;
    default:
      console.log(`Unhandled event: ${event.type}`);
  }
}

export default router;
