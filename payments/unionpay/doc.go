// Package unionpay is UnionPay's online gateway ("ACP", 5.1.0) behind payments.Channel:
// payments of a phone's browser, a computer's browser, an app and a QR code, queries,
// refunds and notifications. It is written on the standard library: no Go module for it
// is kept well enough to hold money.
//
// It owns the provider's wire: the doubly hashed signature, the chain of certificates
// behind every message, time limits, and what each response code means. It keeps no
// payment and no account; what it derives from an account is cached per version of the
// account and bounded.
//
// # Time is part of a number
//
// UnionPay knows a trade by merId, orderId and txnTime, and a query must repeat the txnTime
// of the original to the second. Our numbers begin with the second in UTC in which they
// were made, so txnTime is those fourteen digits in Beijing time: nothing else has to be
// remembered, and a query can be made by whoever knows the number. The gateway takes a
// txnTime only while it is near its own clock. A number is therefore used for half an hour:
//   - payTimeout is the bill's deadline or half an hour after the number was made, whichever
//     is sooner. Prepay and ClientParams give payments.ErrProviderClosed for an older
//     number, and the attempt is replaced by one with a new number.
//   - a refund under an older number is looked up first. If UnionPay never heard of it, it
//     is payments.RefundStale, and asked for again under a new one.
//
// # Nothing can be closed
//
// UnionPay has no close, and knows a number (answers to a query with anything but 34) only
// once a buyer has opened what was handed out. Traits.NoClose says so. Close asks whether
// the number is paid (payments.ErrProviderPaid) or under way (payments.ErrProviderBusy, so
// that CloseAll says Unknown and is tried again); otherwise the attempt is closed on our
// side, and the service goes on asking until the deadline, which payTimeout never exceeds.
// Money that comes after such a close, by notification or by that query, is a late or
// double payment and goes back by an undo or a refund.
//
// # An undo is a refund without a fee
//
// All of a payment that goes back on its own clearing day is undone (31); what the provider
// refuses to undo, a part, and everything later is refunded (04). Both go under the refund's
// number and end the same way.
//
// # Decisions
//   - A message is believed if its certificate was issued by the account's middle
//     certificate, that by its root, all three are valid now, the certificate's name is
//     UnionPay's, and only then the signature verifies. A live account never takes the test
//     environment's name, nor pinned certificates that call themselves test or sandbox.
//   - crypto/x509 verifies no SHA-1 signature, and CFCA's older certificates have them. As
//     issuers are pinned in the account, such a signature is checked by hand.
//   - Answers are not form-encoded: they are split by hand and never unescaped.
//     Notifications are forms, read from the body alone.
//   - Answers to queries are compared with the question: a true signature on another
//     number's answer is a bad response.
//   - txnAmt is what the bill is compared with; settleAmt is less where UnionPay gives a
//     discount.
//   - What a browser brings to the return address proves nothing and is not read.
package unionpay
