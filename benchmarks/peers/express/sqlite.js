// Orders in SQLite, by better-sqlite3: a transaction is one synchronous function.

import Database from "better-sqlite3";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT NOT NULL, received_at TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    user_id TEXT,
    stripe_session_id TEXT NOT NULL UNIQUE,
    stripe_payment_intent TEXT,
    status TEXT NOT NULL,
    currency TEXT,
    total_amount INTEGER,
    created_at TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_payment ON orders (stripe_payment_intent);
`;

export function open(url) {
  const database = new Database(new URL(url).pathname.slice(1), { timeout: 5000 });
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(SCHEMA);
  const insertEvent = database.prepare(
    "INSERT INTO events (id, type, received_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
  );
  const upsertOrder = database.prepare(`
    INSERT INTO orders
      (user_id, stripe_session_id, stripe_payment_intent, status, currency, total_amount, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (stripe_session_id) DO UPDATE SET status = excluded.status`);
  const record = database.transaction((event, session) => {
    const now = new Date().toISOString();
    if (insertEvent.run(event.id, event.type, now).changes === 0) return;
    upsertOrder.run(
      session.metadata?.user_id ?? null,
      session.id,
      session.payment_intent,
      session.payment_status,
      session.currency,
      session.amount_total,
      now,
    );
  });
  return record.immediate;
}
