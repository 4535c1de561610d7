import { PrismaClient } from "@prisma/client";
import Stripe from "stripe";

const prisma = new PrismaClient();
const stripe = new Stripe(process.env.STRIPE_SECRET_KEY);

export async function checkout(req, res) {
  const order = await prisma.order.create({ data: { total: priceOf(req.body.items), currency: "eur" } });
  const session = await stripe.checkout.sessions.create({
    mode: "payment",
    line_items: req.body.items,
    metadata: { orderId: order.id },
    success_url: "https://tea.example/thanks",
  });
  await prisma.order.update({ where: { id: order.id }, data: { stripeSessionId: session.id } });
  res.json({ url: session.url });
}
