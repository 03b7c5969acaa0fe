// Package alipay is Alipay's open platform behind payments.Channel: Mini Programs, phone
// browsers, apps, computers and QR codes, with queries, closes, refunds and notifications,
// for accounts in public-key mode and in certificate mode. It is the only home of
// smartwalle/alipay.
//
// It owns the provider's wire: signatures in both directions, yuan in text, Beijing's
// time, time limits, and what each error code means. It keeps no payment and no account;
// what it derives from an account (parsed keys, a client) is cached per version of the
// account and bounded.
//
// Decisions
//   - Requests are built and signed by smartwalle/alipay through its generic payload, which
//     sends only the fields that are set; its own structs send empty ones and do not know
//     op_buyer_open_id. Its answers, its notifications and its certificates are not used:
//     it has no limits, takes a verified "no" for success, reads the query of a callback's
//     address, and fetches a certificate that a forger names while it holds its lock.
//   - An answer is believed only with a signature over the bytes of its node that a key of
//     the account verifies. A node that appears twice is nonsense. Without a signature,
//     only the gateway's own refusals (20000, 20001, 40001 … 40003, 40005, 40006) are
//     reported; an unsigned success or an unsigned "no such trade" is a bad response.
//   - A certificate that the provider reissues has the same key and another number, so an
//     unknown number is no reason to fetch anything: the keys of the account decide.
//   - Money is never a float: yuan text is taken apart digit by digit, and what is not an
//     amount with at most two decimals stays text for a person to look at.
//   - Trades of browsers, apps and codes are unknown to the provider until the buyer opens
//     them. time_expire is always set, because what was handed out can be paid until then.
//   - TRADE_CLOSED with a time of payment is a payment that was refunded whole; without, it
//     is one that never was.
//   - A refund's repeat is answered with fund_change N, which says nothing: it is pending
//     until the query says REFUND_SUCCESS.
//   - The app of an account (Config.SignAppID) signs; a Mini Program of another AppID is
//     named by op_app_id and its buyers by op_buyer_open_id.
package alipay
