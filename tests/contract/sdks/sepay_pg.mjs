// sepay-pg-node against our stand-in.
import sepay from "sepay-pg-node";
import { given, refusal, say } from "./asking.mjs";

const { SePayPgClient } = sepay;
const keys = { env: "sandbox", merchant_id: given.merchant, secret_key: given.secret };

/** Each constructor sets the addresses anew, for all clients: ours come after it. */
function client(more = {}) {
  const made = new SePayPgClient({ ...keys, ...more });
  SePayPgClient.baseApiUrl = `${given.url}/v1`;
  SePayPgClient.baseCheckoutUrl = `${given.url}/v1/checkout`;
  return made;
}

const fields = (shop, number, more = {}) =>
  shop.checkout.initOneTimePaymentFields({
    order_invoice_number: number,
    order_amount: 250000,
    currency: "VND",
    order_description: "Viện phí, đợt 1",
    success_url: "http://127.0.0.1/ok",
    custom_data: "x",
    ...more,
  });

/** Post the form as a browser does, in the order in which the client gives its fields. */
async function post(shop, form) {
  const answer = await fetch(shop.checkout.initCheckoutUrl(), {
    method: "POST",
    body: new URLSearchParams(Object.entries(form)),
    redirect: "manual",
  });
  return { status: answer.status, location: answer.headers.get("location") };
}

const failure = async (work) => {
  const told = await refusal(work);
  return told.status ?? told.code;
};

const shop = client();
if (given.step === "open") {
  const form = fields(shop, "HD1");
  const { signature, ...unsigned } = form;
  say({
    names: Object.keys(form),
    opened: await post(shop, form),
    again: (await post(shop, form)).status,
    reordered: (await post(shop, { signature, ...Object.fromEntries(Object.entries(unsigned).reverse()) })).status,
    cheaper: (await post(shop, { ...fields(shop, "HD9"), order_amount: 1 })).status,
    card: (await post(shop, fields(shop, "HD2", { payment_method: "CARD" }))).status,
    transfer: (await post(shop, fields(shop, "HD3", { payment_method: "BANK_TRANSFER" }))).status,
    pending: (await shop.order.retrieve("HD1")).data,
    cancelled: (await shop.order.cancel("HD3")).data,
    cancelledAgain: await failure(() => shop.order.cancel("HD3")),
    unpaid: await failure(() => shop.order.voidTransaction("HD2")),
    unknown: await failure(() => shop.order.retrieve("HD404")),
    stranger: await failure(() => client({ secret_key: "other" }).order.retrieve("HD1")),
  });
} else {
  say({
    paid: (await shop.order.retrieve("HD2")).data,
    voided: (await shop.order.voidTransaction("HD2")).data,
    voidedAgain: await failure(() => shop.order.voidTransaction("HD2")),
    transfer: await failure(() => shop.order.voidTransaction("HD1")),
    listed: (await shop.order.all({ per_page: 2, sort: { created_at: "asc" } })).data,
  });
}
