// The columns that the document asks for. It asks for no unique key, and the handler computes a floating point amount.

import { sql } from "drizzle-orm";
import { integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const orders = sqliteTable("orders", {
  id: integer("id").primaryKey(),
  user_id: text("user_id"),
  stripe_session_id: text("stripe_session_id").notNull(),
  status: text("status").notNull(),
  refund_status: text("refund_status").notNull(),
  dispute_status: text("dispute_status").notNull(),
  total_amount: real("total_amount"),
  created_at: text("created_at").notNull().default(sql`CURRENT_TIMESTAMP`),
});
