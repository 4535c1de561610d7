import { PrismaClient } from "@prisma/client";
import Stripe from "stripe";

const prisma = new PrismaClient();
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY);

export async function webhook(req, res) {
  let event;
  try {
    event = stripe.webhooks.constructEvent(
      req.body,
      req.headers["stripe-signature"],
      process.env.STRIPE_WEBHOOK_SECRET,
    );
  } catch {
    return res.sendStatus(400);
  }
  const object = event.data.object;
  switch (event.type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
      if (object.payment_status === "paid") {
        await prisma.order.update({
          where: { id: object.metadata.orderId },
          data: { status: "PAID", paymentIntentId: object.payment_intent },
        });
      }
      break;
    case "charge.refunded":
      await prisma.order.update({
        where: { paymentIntentId: object.payment_intent },
        data: { status: object.refunded ? "REFUNDED" : "PARTIALLY_REFUNDED" },
      });
      break;
    case "charge.dispute.created":
      await prisma.order.update({ where: { paymentIntentId: object.payment_intent }, data: { status: "DISPUTED" } });
      break;
    case "charge.dispute.closed":
      if (object.status === "lost") {
        await prisma.order.update({
          where: { paymentIntentId: object.payment_intent },
          data: { status: "CHARGEBACK_LOST" },
        });
      }
      break;
  }
  res.json({ received: true });
}
