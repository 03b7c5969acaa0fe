// Package alipaygw plays Alipay's side on the wire: the gateway of the open platform with
// payments in every scene, refunds, notifications, bills, transfers, Mini Program login,
// messages and codes.
//
// It owns the books of the pretended provider (apps with their keys and certificates,
// buyers, trades, refunds, transfers, notifications and every attempt to deliver them) in
// a journal of its own, alipay.jsonl. It shares no code with our client: a mistake in
// payments/alipay must not be repeated here and so pass its tests. The folder
// contracttest of the sandbox proves it with clients that other people wrote.
//
// # What is played
//
//	POST /alipay/gateway.do   alipay.trade.create precreate query close cancel refund
//	                          alipay.trade.fastpay.refund.query
//	                          alipay.data.dataservice.bill.downloadurl.query (trade, signcustomer)
//	                          alipay.fund.trans.uni.transfer, alipay.fund.trans.common.query
//	                          alipay.system.oauth.token
//	                          alipay.open.app.mini.templatemessage.send
//	                          alipay.open.app.qrcode.create
//	                          alipay.open.app.alipaycert.download
//	GET, POST the same        alipay.trade.wap.pay page.pay app.pay: the cashier, for a browser
//	GET /alipay/qr/{code}     what a precreate's code leads to
//	GET /alipay/bill/{token}  the download of a bill, for 30 seconds: ZIP with CSV in GB18030
//	GET /alipay/code/{token}  the picture of a Mini Program code
//
// A trade goes WAIT_BUYER_PAY → TRADE_SUCCESS → TRADE_FINISHED, or to TRADE_CLOSED: unpaid
// by a close or at time_expire, paid by being refunded whole. A trade of a page, of an app
// or of a code is unknown (ACQ.TRADE_NOT_EXIST) until a buyer opens it.
//
// # How strict
//
// The parameters of the form, and of the address if it has any, are checked in this order:
// none twice and none unknown; method, app_id, sign_type (RSA2 only), charset, version,
// timestamp within ten minutes in Beijing's time (a day for what a buyer brings); the app;
// in certificate mode app_cert_sn and alipay_root_cert_sn; the signature over the
// parameters as received, sorted, without empty ones; then biz_content field by field:
// names, types, lengths, amounts as text with exactly two decimals. These refusals are not
// signed. Answers are: over the bytes of the node, with slashes behind backslashes, under
// text/html, with alipay_cert_sn in certificate mode. A notification is accepted by HTTP
// 200 with exactly "success" within five seconds; anything else is sent again after
// 4m/10m/10m/1h/2h/6h/15h with the same notify_id.
//
// Stricter than the real thing, on purpose: unknown and empty fields are refused. Looser:
// a notify_url may be plain http when its host is loopback. Not played: rate limits,
// content encryption, promotions, instalments, settlement to third parties.
//
// # Controls
//
// JSON over HTTP under /_control/alipay/. Each has a method of Gateway behind it.
//
//	POST   apps           {"app_id","seller_id","key_mode"?,"id_type"?,"mini_program"?} → all keys and certificates; repeatable
//	POST   my-auth        {"app_id","buyer"} → {"code"}, what my.getAuthCode gives
//	POST   phone          {"app_id","phone","refused"?} → {"response"}, what my.getPhoneNumber gives
//	POST   templates      {"app_id","template_id","keywords":["keyword1",…],"kind"?}, of messages; kinds "trade" and "form" want a form_id
//	POST   subscribe      {"app_id","buyer","template_id","subscribe"}, what my.requestSubscribeMessage leaves
//	POST   forms          {"app_id","buyer"} → {"form_id",…}, what a form with report-submit gives
//	POST   pay            {"trade_no" | "qr_code" | "order_string" | "form" | "app_id","out_trade_no","buyer"?,"open_only"?} → receipt
//	POST   finish         {"app_id","out_trade_no"}: the time for refunds is over
//	POST   transfers/end  {"seller_id","out_biz_no","error_code"?}: a transfer that is DEALING is paid, or fails
//	POST   reissue-cert   {"app_id"}: a new certificate of the provider's same key
//	POST   notify/resend  {"out_trade_no","copies"?,"parallel"?,"to"?} → what each was answered with
//	GET    books          everything the provider knows, without keys
//	POST   faults         {"target","mode","count"?,"match"?,"delay_ms"?,"value"?}
//	GET    faults         what is armed
//	DELETE faults         disarm all
//
// A fault is used up by the next count calls (or notifications) of its target that match an
// app_id, seller_id or out_trade_no. Targets: prepay, query, close, refund, refund_query,
// bill, transfer, login, message, code, certificates; notify. Any fault may carry delay_ms,
// which passes first.
//
//	delay              nothing but delay_ms
//	drop               cut without doing it; a notification's attempt is lost on the way
//	cut_after_doing    done, but the answer is lost
//	http_500           HTTP 500 without doing it
//	error              the sub_code in value (ACQ.SYSTEM_ERROR), signed, without doing it
//	unsigned_error     the sub_code in value (isv.insufficient-isv-permissions), not signed
//	garbage            a proxy's HTML instead of the body
//	truncated          half of the body
//	huge               10 MB: the body and blanks behind it
//	corrupt_body       one character changed on the way
//	corrupt_signature  a true signature of something else
//	wrong_key          signed by a key that belongs to nobody
//	unsigned           without a signature
//	wrong_cert_sn      under the number of a certificate that does not exist
//	two_nodes          a second node of the same name in front, which no signature covers
//	other_answer       the truth about the trade in value, truly signed
//	amount_plus_one, amount_text, trade_status, wrong_app_id, wrong_seller_id
//	                   said under a true signature; value replaces the default lie
//	refund_unsure      refund: done, but without fund_change
//	refund_pending     refund: fund_change N, and no money moved until it is asked for again
//	transfer_dealing   transfer: it begins as DEALING, until transfers/end
//	elsewhere          code: the picture is said to be at the address in value
//	duplicate          notify: two copies at once, or as many as value says
//	reorder            notify: waits until the seller's next notification is through (or delay_ms, else 3 s)
//	sign_type_rsa      notify: says that it was signed with SHA-1
//
// Tests of other rooms build single hostile notifications with Gateway.Notification.
package alipaygw
