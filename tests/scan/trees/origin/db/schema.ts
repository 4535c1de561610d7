import { doublePrecision, integer, pgTable, serial, text, timestamp } from "drizzle-orm/pg-core";

export const users = pgTable("users", {
  id: serial("id").primaryKey(),
  email: text("email").notNull().unique(),
});

export const orders = pgTable("orders", {
  id: serial("id").primaryKey(),
  user_id: integer("user_id").references(() => users.id),
  stripe_session_id: text("stripe_session_id").notNull(),
  status: text("status").notNull(),
  refund_status: text("refund_status").notNull().default("none"),
  dispute_status: text("dispute_status").notNull().default("none"),
  total_amount: doublePrecision("total_amount").notNull(),
  created_at: timestamp("created_at").notNull().defaultNow(),
});
