// Orders in PostgreSQL, by pg and its pool.

import pg from "pg";

const SCHEMA = `
  SELECT pg_advisory_xact_lock(1);
  CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT NOT NULL, received_at TIMESTAMP NOT NULL);
  CREATE TABLE IF NOT EXISTS orders (
    id BIGSERIAL PRIMARY KEY,
    user_id TEXT,
    stripe_session_id TEXT NOT NULL UNIQUE,
    stripe_payment_intent TEXT,
    status TEXT NOT NULL,
    currency TEXT,
    total_amount BIGINT,
    created_at TIMESTAMP NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_payment ON orders (stripe_payment_intent);
`;
// With a name a statement is prepared once for each connection.
const INSERT_EVENT = {
  name: "insert-event",
  text: "INSERT INTO events (id, type, received_at) VALUES ($1, $2, now()) ON CONFLICT (id) DO NOTHING",
};
const UPSERT_ORDER = {
  name: "upsert-order",
  text: `
    INSERT INTO orders
      (user_id, stripe_session_id, stripe_payment_intent, status, currency, total_amount, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, now())
    ON CONFLICT (stripe_session_id) DO UPDATE SET status = excluded.status`,
};

export async function open(url) {
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  await pool.query(SCHEMA);
  return async (event, session) => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      const { rowCount } = await client.query({ ...INSERT_EVENT, values: [event.id, event.type] });
      if (rowCount === 1) {
        await client.query({
          ...UPSERT_ORDER,
          values: [
            session.metadata?.user_id ?? null,
            session.id,
            session.payment_intent,
            session.payment_status,
            session.currency,
            session.amount_total,
          ],
        });
      }
      await client.query("COMMIT");
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      throw error;
    } finally {
      client.release();
    }
  };
}
