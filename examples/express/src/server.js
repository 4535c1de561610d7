// Starts the shop. Its settings are environment variables: STRIPE_WEBHOOK_SECRET, DATABASE_FILE, HOST, PORT.

import { createApp } from "./app.js";
import { openDatabase } from "./database.js";
import { Orders } from "./orders.js";

const secret = process.env.STRIPE_WEBHOOK_SECRET;
if (!secret) {
  // With an empty secret everyone could sign.
  console.error("STRIPE_WEBHOOK_SECRET is not set. It is the endpoint's signing secret, whsec_…");
  process.exit(1);
}

const database = openDatabase(process.env.DATABASE_FILE ?? "shop.db");
const app = createApp({ orders: new Orders(database), secret });
const host = process.env.HOST ?? "127.0.0.1";
const server = app.listen(Number(process.env.PORT ?? 4242), host, (error) => {
  if (error) throw error;
  console.log(`The shop listens on http://${host}:${server.address().port}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close(() => database.close());
    server.closeIdleConnections();
  });
}
