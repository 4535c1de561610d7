// The database: what Stripe told us (facts), and the orders that follow from it.

import { DatabaseSync } from "@photostructure/sqlite"; // On Node 22.13 and newer: from "node:sqlite".

const SCHEMA = `
  -- Every event whose effect is stored. A second delivery of one meets its primary key.
  CREATE TABLE IF NOT EXISTS stripe_events (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    received_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
  );

  -- One order for each Checkout Session. Money is kept as Stripe sends it: whole numbers of the currency's minor unit.
  CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    user_id TEXT,
    stripe_session_id TEXT NOT NULL UNIQUE,
    stripe_payment_intent TEXT UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('pending', 'failed', 'paid')),
    refund_status TEXT NOT NULL DEFAULT 'none' CHECK (refund_status IN ('none', 'partially_refunded', 'refunded')),
    dispute_status TEXT NOT NULL DEFAULT 'none'
      CHECK (dispute_status IN ('none', 'inquiry', 'disputed', 'won', 'lost')),
    currency TEXT,
    total_amount INTEGER,
    amount_refunded INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
  );

  -- What is known of a payment's refunds and disputes. It may be known before there is an order.
  CREATE TABLE IF NOT EXISTS charges (
    id TEXT PRIMARY KEY,
    payment_intent TEXT NOT NULL,
    amount_refunded INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS charges_of_payment ON charges (payment_intent);

  CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY,
    payment_intent TEXT NOT NULL,
    amount INTEGER NOT NULL,
    failed INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS refunds_of_payment ON refunds (payment_intent);

  CREATE TABLE IF NOT EXISTS disputes (
    id TEXT PRIMARY KEY,
    payment_intent TEXT NOT NULL,
    stage INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS disputes_of_payment ON disputes (payment_intent);
`;

/** The database in `file`, with its tables. */
export function openDatabase(file) {
  const database = new DatabaseSync(file, { timeout: 5000 });
  // A reader never waits for a writer, and what is committed survives a power cut.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec(SCHEMA);
  return database;
}
