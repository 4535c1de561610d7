// `node node_sdk.mjs PORT IDS`: asks the stand-in for Stripe's API through the official SDK, and prints what it got.
import Stripe from 'stripe';

const [port, ids] = [process.argv[2], JSON.parse(process.argv[3])];
const options = { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 };
const stripe = new Stripe(ids.key, options);

async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return [error.type, error.code ?? null, error.statusCode];
  }
}

const session = await stripe.checkout.sessions.retrieve(ids.session, {
  expand: ['line_items.data.price.product', 'payment_intent.latest_charge.balance_transaction'],
});
const refunds = [];
for await (const refund of stripe.refunds.list({ payment_intent: ids.payment_intent, limit: 3 })) {
  refunds.push(refund.id);
}
const thin = stripe.parseEventNotification(ids.thin, ids.signature, ids.secret);
const byPayment = await stripe.checkout.sessions.list({ payment_intent: ids.payment_intent });
const items = await stripe.checkout.sessions.listLineItems(ids.session);
console.log(
  JSON.stringify({
    status: [session.status, session.payment_status],
    product: session.line_items.data[0].price.product.name,
    balance: session.payment_intent.latest_charge.balance_transaction.amount,
    refunds,
    sessions: byPayment.data.map((one) => one.id),
    items: items.data.map((one) => one.amount_total),
    dispute: (await stripe.disputes.retrieve(ids.dispute)).balance_transactions.map((one) => one.amount),
    thin: [(await thin.fetchEvent()).snapshot_event, (await thin.fetchRelatedObject()).id],
    missing: await failure(stripe.charges.retrieve('ch_unknown')),
    unexpandable: await failure(stripe.charges.list({ expand: ['customer'] })),
    keyless: await failure(new Stripe('password', options).charges.list()),
  }),
);
