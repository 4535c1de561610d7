import express from "express";
import { checkout } from "./checkout.js";
import { webhook } from "./webhook.js";

const app = express();

app.post("/api/stripe/webhook", express.raw({ type: "application/json" }), webhook);
app.use(express.json());
app.post("/api/checkout", checkout);

app.listen(process.env.PORT || 4000);
