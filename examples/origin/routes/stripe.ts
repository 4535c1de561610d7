import express from "express";
import { stripe } from "../lib/stripe";
import { db } from "../db";
import { orders } from "../db/schema";
import { eq } from "drizzle-orm";

const router = express.Router();

// Use raw body parser
router.post("/webhook", express.raw({ type: "application/json" }), async (req, res) => {
  const sig = req.headers["stripe-signature"];
  let event;

  try {
    event = stripe.webhooks.constructEvent(
      req.body,
      sig!,
      process.env.STRIPE_WEBHOOK_SECRET!
    );
  } catch (err) {
    console.error("Webhook signature failed:", err);
    return res.status(400).send(`Webhook Error: ${err.message}`);
  }

  const data = event.data.object;

  switch (event.type) {
    case "checkout.session.completed":
      const session = data as Stripe.Checkout.Session;
      const existing = await db.select().from(orders).where(eq(orders.stripe_session_id, session.id));
      if (existing.length === 0) {
        await db.insert(orders).values({
          user_id: session.metadata?.user_id ?? null,
          stripe_session_id: session.id,
          status: "paid",
          refund_status: "none",
          dispute_status: "none",
          total_amount: parseFloat(session.amount_total!.toString()) / 100,
        });
      }
      break;

    case "charge.refunded":
      const refundedCharge = data as Stripe.Charge;
      await db.update(orders).set({ refund_status: "refunded" }).where(eq(orders.stripe_session_id, refundedCharge.payment_intent as string));
      break;

    case "charge.dispute.created":
      const disputedCharge = data as Stripe.Charge;
      await db.update(orders).set({ dispute_status: "disputed" }).where(eq(orders.stripe_session_id, disputedCharge.payment_intent as string));
      break;

    case "payment_intent.payment_failed":
      console.warn("Payment failed:", data);
      break;

    default:
      console.log(`Unhandled event: ${event.type}`);
  }

  res.status(200).json({ received: true });
});

export default router;
