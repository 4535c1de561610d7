// Wired as the document says: the webhook before any other body parser.

import express from "express";

import stripeWebhook from "./routes/stripe";

const app = express();
app.use("/stripe", stripeWebhook);
app.use(express.json());

app.listen(Number(process.env.PORT ?? 4242), "127.0.0.1");
