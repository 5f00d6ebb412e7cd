// stripe (npm) against our stand-in.
import Stripe from "stripe";
import { given, refusal, say } from "./asking.mjs";

const client = (key = "sk_test_vienphi") =>
  new Stripe(key, { host: "127.0.0.1", port: given.port, protocol: "http", maxNetworkRetries: 0 });
const stripe = client();
const page = {
  mode: "payment",
  client_reference_id: "VPH1",
  success_url: "http://127.0.0.1/r?s={CHECKOUT_SESSION_ID}",
  cancel_url: "http://127.0.0.1/c",
  line_items: [
    {
      price_data: { currency: "vnd", unit_amount: 125000, product_data: { name: "Viện phí" } },
      quantity: 2,
    },
  ],
};

if (given.step === "open") {
  const made = await stripe.checkout.sessions.create(page, { idempotencyKey: "k1" });
  const again = await stripe.checkout.sessions.create(page, { idempotencyKey: "k1" });
  const other = await stripe.checkout.sessions.create({ ...page, client_reference_id: "VPH2" });
  const held = await stripe.paymentIntents.create({
    amount: 50000,
    currency: "vnd",
    capture_method: "manual",
    payment_method: "pm_card_visa",
    confirm: true,
  });
  say({
    made,
    again: again.id,
    replayed: again.lastResponse.headers["idempotent-replayed"],
    otherParameters: await refusal(() =>
      stripe.checkout.sessions.create({ ...page, mode: "setup" }, { idempotencyKey: "k1" }),
    ),
    asked: await stripe.checkout.sessions.retrieve(made.id),
    expired: await stripe.checkout.sessions.expire(other.id),
    held: held.status,
    captured: await stripe.paymentIntents.capture(held.id),
    declined: await refusal(() =>
      stripe.paymentIntents.create({
        amount: 50000,
        currency: "vnd",
        payment_method: "pm_card_chargeDeclined",
        confirm: true,
      }),
    ),
    unknown: await refusal(() => stripe.checkout.sessions.retrieve("cs_test_none")),
    stranger: await refusal(() => client("sk_live_x").checkout.sessions.retrieve(made.id)),
  });
} else {
  const { message, header, forged } = given;
  const secret = "whsec_test_vienphi";
  const event = stripe.webhooks.constructEvent(message, header, secret);
  const payment = event.data.object.payment_intent;
  const order = { payment_intent: payment, amount: 100000 };
  const first = await stripe.refunds.create(order, { idempotencyKey: "r1" });
  const listed = [];
  for await (const one of stripe.refunds.list({ payment_intent: payment, limit: 1 })) {
    listed.push(one.id);
  }
  say({
    event: { type: event.type, id: event.id, paid: event.data.object.payment_status },
    forged: await refusal(() => stripe.webhooks.constructEvent(forged, header, secret)),
    refund: first,
    again: (await stripe.refunds.create(order, { idempotencyKey: "r1" })).id,
    beyond: await refusal(() => stripe.refunds.create({ ...order, amount: 150001 })),
    asked: (await stripe.refunds.retrieve(first.id)).status,
    listed,
    balance: await stripe.balanceTransactions.list({ limit: 5, expand: ["data.source"] }),
  });
}
