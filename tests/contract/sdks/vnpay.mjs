// vnpay (npm) against our stand-in.
import { VNPay, ignoreLogger } from "vnpay";
import { given, refusal, say } from "./asking.mjs";

const client = (secureSecret = given.secret) =>
  new VNPay({
    tmnCode: given.merchant,
    secureSecret,
    vnpayHost: given.url,
    queryDrAndRefundHost: given.url,
    testMode: false,
    enableLog: false,
    loggerFn: ignoreLogger,
  });
const vnpay = client();
const page = {
  // The client multiplies by 100 itself.
  vnp_Amount: 250000,
  vnp_CreateDate: given.now,
  vnp_IpAddr: "127.0.0.1",
  vnp_TxnRef: "HD1",
  vnp_OrderInfo: "Thanh toan vien phi HD1",
  vnp_OrderType: "270000",
  vnp_ReturnUrl: "http://127.0.0.1/r",
  vnp_Locale: "vn",
};
const asked = (name, more = {}) => ({
  vnp_RequestId: name,
  vnp_TxnRef: "HD1",
  vnp_OrderInfo: "Truy van HD1",
  vnp_CreateDate: given.now,
  vnp_TransactionDate: given.now,
  vnp_TransactionNo: given.number ?? 0,
  vnp_IpAddr: "127.0.0.1",
  ...more,
});
const refund = (name, amount) => ({
  ...asked(name),
  vnp_Amount: amount,
  vnp_TransactionType: "03",
  vnp_CreateBy: "ketoan01",
});
const status = async (url) => {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
};

if (given.step === "open") {
  const url = vnpay.buildPaymentUrl(page);
  say({
    page: await status(url),
    forgedPage: await status(client("other").buildPaymentUrl({ ...page, vnp_TxnRef: "HD2" })),
    pending: await vnpay.queryDr(asked("q1")),
    unknown: await vnpay.queryDr(asked("q2", { vnp_TxnRef: "HD9" })),
    stranger: await refusal(async () => {
      const told = await client("other").queryDr(asked("q3"));
      if (told.isSuccess && told.isVerified) return told;
      throw Object.assign(new Error("refused"), { code: told.vnp_ResponseCode });
    }),
    banks: await vnpay.getBankList(),
  });
} else {
  const query = Object.fromEntries(new URLSearchParams(given.query));
  say({
    ipn: vnpay.verifyIpnCall({ ...query }),
    back: vnpay.verifyReturnUrl({ ...query }),
    forged: vnpay.verifyIpnCall({ ...query, vnp_Amount: "100" }),
    paid: await vnpay.queryDr(asked("q4")),
    duplicate: await vnpay.queryDr(asked("q4")),
    refund: await vnpay.refund(refund("r1", 100000)),
    again: await vnpay.refund(refund("r1", 100000)),
    beyond: await vnpay.refund(refund("r2", 150001)),
  });
}
