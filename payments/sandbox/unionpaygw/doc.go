// Package unionpaygw plays UnionPay's online gateway ("ACP", 5.1.0) on the wire. The
// sandbox mounts it under /unionpay/; production code does not know it, and it shares no
// code with payments/unionpay.
//
// It owns the books of a pretended UnionPay (its certificates, merchants and their files,
// trades, notifications and every attempt to deliver them), in a journal of their own.
//
// # What is played
//
//	POST /unionpay/gateway/api/frontTransReq.do   01/01  the buyer's browser: WAP and PC
//	POST /unionpay/gateway/api/appTransReq.do     01/01  → tn
//	POST /unionpay/gateway/api/backTransReq.do    01/07  → qrCode
//	                                              04/00  refund
//	                                              31/00  undo, on the same clearing day
//	POST /unionpay/gateway/api/queryTrans.do      00/00  by orderId and txnTime
//	POST /unionpay/filedownload/                  76/01  what was cleared on a day
//	notifications to backUrl of payments, refunds and undos that succeeded
//
// A trade begins when a buyer does something with it: before, a query answers 34. A failed
// try to pay is silent, shows in the query, and may be followed by another until
// payTimeout. A refund is accepted with 00, is 05 for a moment, and only then done.
//
// # How strict
//
// Every request is a form whose fields appear once and are not empty. It is checked in
// this order: merchant, certId and its validity, RSA over the hexadecimal SHA-256 of the
// sorted fields, the transaction of the path, every field's form (unknown ones are
// refused), txnTime in Beijing time between an hour ago and ten minutes ahead. Every
// answer, a refusal too, is signed by a certificate of the sandbox's own root and middle,
// whose name is that of UnionPay's test environment. Values in answers are not encoded. A
// notification is accepted by 200 within ten seconds; anything else is sent again after
// 1, 2, 4 and 5 minutes, five times in all.
//
// An orderId is used once a day; the very same request for a payment again gives the same
// trade as long as nobody has paid it, anything else is 12. What a captured request can do
// again is therefore nothing. No document of UnionPay gives the window of txnTime: the
// sandbox has one so that a clock in the wrong zone is noticed. backUrl without a query
// string, and on port 80 or 443 unless it is loopback, are UnionPay's rules. Not played:
// pre-authorisation, counter scans, tokens, card data, signMethod 11.
//
// # Controls
//
// JSON over HTTP under /_control/unionpay/. Each has a method of Gateway behind it.
//
//	POST   merchants      {"mer_id","name"?,"password"?} → PFX and certificates; repeatable
//	POST   pay            {"tn"|"qr_code"|"mer_id"+"order_id","resp_code"?} → receipt
//	POST   notify/resend  {"order_id","copies"?,"parallel"?,"to"?} → statuses
//	GET    books          everything UnionPay knows, without keys
//	POST   faults         {"target","mode","count"?,"match"?,"delay_ms"?,"value"?}
//	GET    faults         what is armed
//	DELETE faults         disarm all
//
// A fault is used up by the next count calls (or notifications) of its target that match
// a merId or orderId. Targets: front, prepay, query, refund (and undo), file; notify. Any fault
// may carry delay_ms, which passes first.
//
//	delay                 nothing but delay_ms
//	drop                  cut without doing it; a notification's attempt is lost on the way
//	cut_after_doing       done, but the answer is lost
//	http_500              500 without doing it
//	resp_code             the code in value under a true signature, without doing it
//	garbage, truncated    a proxy's HTML; half of the body
//	huge                  10 MB
//	corrupt_body          one character more, after signing
//	corrupt_signature     one letter of the signature changed
//	no_signature          none
//	wrong_key             the right certificate, another key
//	other_chain           certificates of the same names under another root
//	expired_certificate   rightly issued, and over
//	merchant_certificate  rightly issued, to a merchant
//	other_name            rightly issued, to a name that begins like UnionPay's
//	amount_plus_one, wrong_merid, wrong_order, currency
//	                      said under a true signature; value replaces the default lie
//	duplicate             notify: two copies at once, or as many as value says
//	reorder               notify: waits until the merchant's next one is through (or delay_ms, else 3 s)
//	refund_failed         refund: accepted, but it ends with value, else 64
//
// Tests of other rooms build single hostile notifications with Gateway.Notification.
package unionpaygw
