// @payos/node against our stand-in.
import { PayOS } from "@payos/node";
import { given, refusal, say } from "./asking.mjs";

const keys = { clientId: "client-id", apiKey: "api-key", checksumKey: "test_checksum_key" };
const client = (more = {}) => new PayOS({ ...keys, baseURL: given.url, maxRetries: 0, ...more });
const payos = client();
const link = (orderCode) => ({
  orderCode,
  amount: 250000,
  description: `VP${orderCode}`,
  cancelUrl: "http://127.0.0.1/c",
  returnUrl: "http://127.0.0.1/r",
});

if (given.step === "open") {
  const made = await payos.paymentRequests.create(link(26110001));
  const other = await payos.paymentRequests.create(link(26110002));
  say({
    made,
    duplicate: await refusal(() => payos.paymentRequests.create(link(26110001))),
    asked: await payos.paymentRequests.get(26110001),
    byId: await payos.paymentRequests.get(made.paymentLinkId),
    cancelled: await payos.paymentRequests.cancel(26110002, "thôi"),
    cancelledById: await payos.paymentRequests.cancel(other.paymentLinkId),
    unknown: await refusal(() => payos.paymentRequests.get(1)),
    stranger: await refusal(() => client({ apiKey: "other" }).paymentRequests.get(26110001)),
    wrongKey: await refusal(() =>
      client({ checksumKey: "other" }).paymentRequests.create(link(26110003)),
    ),
    registered: await payos.webhooks.confirm("http://127.0.0.1:9/new"),
  });
} else {
  say({
    verified: await payos.webhooks.verify(JSON.parse(given.message)),
    forged: await refusal(() => payos.webhooks.verify(JSON.parse(given.forged))),
    paid: await payos.paymentRequests.get(26110001),
  });
}
