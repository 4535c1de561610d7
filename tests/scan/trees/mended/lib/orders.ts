import { eq } from "drizzle-orm";
import type { db } from "../db";
import { disputes, orders, refunds } from "../db/schema";

/** Computes the states of a payment's order from all that is known of the payment, in whatever order it came. */
export async function recompute(tx: typeof db, payment: string | null) {
  if (payment === null) return;
  const [order] = await tx.select().from(orders).where(eq(orders.stripe_payment_intent, payment)).for("update");
  if (!order) return; // what came early is kept; the order's own event computes it
  const known = await tx.select().from(refunds).where(eq(refunds.stripe_payment_intent, payment));
  const given = known
    .filter((refund) => refund.status !== "failed" && refund.status !== "canceled")
    .reduce((sum, refund) => sum + refund.amount, 0n);
  const disputed = await tx.select().from(disputes).where(eq(disputes.stripe_payment_intent, payment));
  await tx
    .update(orders)
    .set({
      refund_status: given === 0n ? "none" : given >= (order.total_amount ?? 0n) ? "refunded" : "partially_refunded",
      dispute_status: disputed.at(-1)?.status ?? "none",
    })
    .where(eq(orders.id, order.id));
}
