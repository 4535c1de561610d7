import { bigint, integer, pgTable, serial, text, timestamp, unique } from "drizzle-orm/pg-core";

export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull().unique(),
});

// Amounts are in the minor unit of their currency, as Stripe counts.
export const orders = pgTable("orders", {
  id: serial("id").primaryKey(),
  user_id: integer("user_id").references(() => users.id),
  stripe_session_id: text("stripe_session_id").unique(),
  stripe_payment_intent: text("stripe_payment_intent").unique(),
  status: text("status").notNull().default("pending"),
  refund_status: text("refund_status").notNull().default("none"),
  dispute_status: text("dispute_status").notNull().default("none"),
  total_amount: bigint("total_amount", { mode: "bigint" }),
  currency: text("currency"),
  created_at: timestamp("created_at").notNull().defaultNow(),
});

export const disputes = pgTable("disputes", {
  id: text("id").primaryKey(),
  stripe_payment_intent: text("stripe_payment_intent").notNull(),
  status: text("status").notNull(),
});

export const refunds = pgTable(
  "refunds",
  {
    refund: text("refund").notNull(),
    stripe_payment_intent: text("stripe_payment_intent").notNull(),
    amount: bigint("amount", { mode: "bigint" }).notNull(),
    status: text("status").notNull(),
  },
  (table) => [unique().on(table.refund)],
);
