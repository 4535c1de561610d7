import express from "express";
import stripeWebhook from "./routes/stripe";

const app = express();

// Before any other body parser: the signature is over the raw bytes.
app.use("/stripe", stripeWebhook);
app.use(express.json());

app.listen(Number(process.env.PORT ?? 3000));
