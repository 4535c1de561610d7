// The document takes a database for granted. This one is SQLite, made on first use.

import { createClient } from "@libsql/client";
import { drizzle } from "drizzle-orm/libsql";

const client = createClient({ url: `file:${process.env.DATABASE_FILE ?? "shop.db"}` });

await client.execute("PRAGMA journal_mode = WAL");
await client.execute(`
  CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    user_id TEXT,
    stripe_session_id TEXT NOT NULL,
    status TEXT NOT NULL,
    refund_status TEXT NOT NULL,
    dispute_status TEXT NOT NULL,
    total_amount REAL,
    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
  )
`);

export const db = drizzle(client);
