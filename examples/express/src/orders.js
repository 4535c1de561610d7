// Orders, and what each Stripe event does to them.
//
// Stripe delivers events late, twice and in any order, so nothing here depends on when an event came. Each one is
// stored as facts that only grow: an amount gives way to a larger one, a stage to a later one. An order's columns are
// computed from all the facts of its payment, after every event.

const STATUSES = ["pending", "failed", "paid"]; // A payment that arrived is never taken back by older news.

// How far a dispute has come. An inquiry can escalate after it was closed, and a lost dispute can still be won:
// https://docs.stripe.com/disputes/how-disputes-work
const STAGES = new Map([
  ["warning_needs_response", 1],
  ["warning_under_review", 1],
  ["warning_closed", 2],
  ["needs_response", 3],
  ["under_review", 3],
  ["lost", 4],
  ["won", 5],
]);

export class Orders {
  #database;
  #statements = new Map(); // SQL → prepared, so that each is parsed once

  constructor(database) {
    this.#database = database;
  }

  /**
   * Applies an event, once: its id and its effect are stored together, or neither is.
   *
   * @returns {boolean} whether it was new. Throws where the database cannot store it; let Stripe deliver it again.
   */
  apply(event) {
    const handle = HANDLERS.get(event.type);
    if (!handle) return false; // Stripe adds event types; the ones that do not concern us are acknowledged.
    return this.#transaction(() => {
      const recorded = this.#run(
        "INSERT INTO stripe_events (id, type) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        event.id,
        event.type,
      );
      if (recorded.changes === 0) return false;
      handle(this, event.data.object);
      return true;
    });
  }

  /** A Checkout Session was finished; its payment may take days yet. */
  checkout(session, status) {
    if (session.mode === "setup") return; // It saves a card for later, and sells nothing.
    this.#run(
      `INSERT INTO orders (user_id, stripe_session_id, stripe_payment_intent, status, currency, total_amount)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (stripe_session_id) DO NOTHING`,
      session.metadata?.user_id ?? session.client_reference_id ?? null,
      session.id,
      session.payment_intent ?? null, // There is none in mode "subscription", or when a discount covers everything.
      status,
      session.currency ?? null,
      session.amount_total ?? null,
    );
    const order = this.#get("SELECT status FROM orders WHERE stripe_session_id = ?", session.id);
    if (STATUSES.indexOf(status) > STATUSES.indexOf(order.status)) {
      this.#run("UPDATE orders SET status = ? WHERE stripe_session_id = ?", status, session.id);
    }
    this.#settle(session.payment_intent);
  }

  /** A charge says how much of it has been given back in all. */
  chargeRefunded(charge) {
    if (!charge.payment_intent) return; // It was not made through Checkout.
    this.#run(
      `INSERT INTO charges (id, payment_intent, amount_refunded) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET amount_refunded = max(amount_refunded, excluded.amount_refunded)`,
      charge.id,
      charge.payment_intent,
      charge.amount_refunded,
    );
    this.#settle(charge.payment_intent);
  }

  /** A refund was made, or it changed. It can fail up to 30 days after it succeeded, never the other way round. */
  refund(refund) {
    if (!refund.payment_intent) return;
    this.#run(
      `INSERT INTO refunds (id, payment_intent, amount, failed) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET failed = max(failed, excluded.failed)`,
      refund.id,
      refund.payment_intent,
      refund.amount,
      refund.status === "failed" || refund.status === "canceled" ? 1 : 0,
    );
    this.#settle(refund.payment_intent);
  }

  /** A dispute was opened, or it changed. A status that we do not know leaves the dispute as it is. */
  dispute(dispute) {
    if (!dispute.payment_intent) return;
    this.#run(
      `INSERT INTO disputes (id, payment_intent, stage) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET stage = max(stage, excluded.stage)`,
      dispute.id,
      dispute.payment_intent,
      STAGES.get(dispute.status) ?? 0,
    );
    this.#settle(dispute.payment_intent);
  }

  /** Brings the order of a payment up to date with what is known, if there is an order yet. */
  #settle(paymentIntent) {
    if (!paymentIntent) return;
    const order = this.#get("SELECT id, total_amount FROM orders WHERE stripe_payment_intent = ?", paymentIntent);
    if (!order) return; // Its checkout.session.completed comes later, and then these facts are found.
    const refunded = this.#amountRefunded(paymentIntent);
    this.#run(
      "UPDATE orders SET amount_refunded = ?, refund_status = ?, dispute_status = ? WHERE id = ?",
      refunded,
      refunded === 0 ? "none" : refunded < order.total_amount ? "partially_refunded" : "refunded",
      this.#disputeStatus(paymentIntent),
      order.id,
    );
  }

  /**
   * How much of a payment has been given back. A charge's total may come before the refunds that it counts, or still
   * count one that has failed since, so the larger of the two views is taken.
   */
  #amountRefunded(paymentIntent) {
    const refunds = this.#get(
      `SELECT coalesce(sum(amount) FILTER (WHERE NOT failed), 0) AS standing,
              coalesce(sum(amount) FILTER (WHERE failed), 0) AS failed
         FROM refunds WHERE payment_intent = ?`,
      paymentIntent,
    );
    const charges = this.#get(
      "SELECT coalesce(sum(amount_refunded), 0) AS refunded FROM charges WHERE payment_intent = ?",
      paymentIntent,
    );
    return Math.max(refunds.standing, charges.refunded - refunds.failed);
  }

  /** One dispute that is open keeps the order disputed, whatever became of the others. */
  #disputeStatus(paymentIntent) {
    const rows = this.#all("SELECT stage FROM disputes WHERE payment_intent = ?", paymentIntent);
    const stages = new Set(rows.map((row) => row.stage));
    if (stages.has(3)) return "disputed";
    if (stages.has(4)) return "lost";
    if (stages.has(1)) return "inquiry"; // No money moves before an inquiry becomes a dispute.
    return stages.has(5) ? "won" : "none";
  }

  #transaction(work) {
    this.#database.exec("BEGIN IMMEDIATE"); // It will write, so it takes the lock before it reads.
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql, ...values) {
    return this.#prepared(sql).run(...values);
  }

  #get(sql, ...values) {
    return this.#prepared(sql).get(...values);
  }

  #all(sql, ...values) {
    return this.#prepared(sql).all(...values);
  }

  #prepared(sql) {
    if (!this.#statements.has(sql)) this.#statements.set(sql, this.#database.prepare(sql));
    return this.#statements.get(sql);
  }
}

const refund = (orders, object) => orders.refund(object);
const dispute = (orders, object) => orders.dispute(object);

/** Event type → what it does. Subscribe the endpoint to these, and to payment_intent.payment_failed for the log. */
const HANDLERS = new Map([
  [
    "checkout.session.completed",
    (orders, session) => orders.checkout(session, session.payment_status === "unpaid" ? "pending" : "paid"),
  ],
  ["checkout.session.async_payment_succeeded", (orders, session) => orders.checkout(session, "paid")],
  ["checkout.session.async_payment_failed", (orders, session) => orders.checkout(session, "failed")],
  ["charge.refunded", (orders, charge) => orders.chargeRefunded(charge)],
  ["refund.created", refund],
  ["refund.updated", refund],
  ["refund.failed", refund],
  ["charge.dispute.created", dispute],
  ["charge.dispute.updated", dispute],
  ["charge.dispute.closed", dispute],
  ["charge.dispute.funds_withdrawn", dispute],
  ["charge.dispute.funds_reinstated", dispute],
]);
