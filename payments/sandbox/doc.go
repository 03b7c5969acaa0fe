// Package sandbox plays the providers' side on the wire: WeChat Pay APIv3 and the
// WeChat Mini Program server API, and on the same listener Alipay's and
// UnionPay's gateways (packages alipaygw and unionpaygw say what those play). Production
// code does not know it: it differs by base URL and by the keys in the merchant's account.
//
// It owns the books of a pretended provider (merchants and their keys, apps, buyers,
// charges, refunds, tokens, subscribe messages, callbacks and every attempt to deliver
// them) and keeps them in an append-only journal, synced before anybody hears of an
// effect, so that a restart forgets nothing that the real provider would remember (only
// spent nonces, login rates and armed faults are in memory). It does not own anything
// of a shop, and it shares no code with our own clients: a mistake in payments/wechat
// must not be repeated here and so pass its tests. The folder contracttest proves it
// with clients that other people wrote.
//
// # What is played
//
//	POST /v3/pay/transactions/jsapi|native|h5|app                prepay
//	GET  /v3/pay/transactions/out-trade-no/{no}?mchid=           query
//	GET  /v3/pay/transactions/id/{transaction_id}?mchid=         query
//	POST /v3/pay/transactions/out-trade-no/{no}/close            close
//	the same four under /v3/pay/partner/transactions             service-provider mode
//	POST /v3/refund/domestic/refunds                             refund
//	GET  /v3/refund/domestic/refunds/{out_refund_no}             refund query
//	POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund   to a bank card, or to the merchant
//	POST /v3/fund-app/mch-transfer/transfer-bills                transfer to a person; waits for the receiver
//	GET  /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{no} | /transfer-bill-no/{no}
//	POST /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{no}/cancel
//	GET  /v3/certificates                                        certificate mode only
//	GET  /v3/bill/tradebill?bill_date=, /v3/bill/fundflowbill    bills of a past day, from 10:00
//	GET  /v3/bill/sub-merchant-fundflowbill?bill_date=&sub_mchid=&algorithm=AEAD_AES_256_GCM
//	GET  /v3/billdownload/file?token=                            the file, for five minutes
//	callbacks TRANSACTION.SUCCESS, REFUND.SUCCESS|ABNORMAL|CLOSED to notify_url
//	GET  /sns/jscode2session
//	POST /cgi-bin/stable_token
//	POST /cgi-bin/message/subscribe/send
//	POST /wxa/business/getuserphonenumber
//	POST /wxa/sec/order/upload_shipping_info, /wxa/sec/order/get_order
//
// A charge goes NOTPAY → SUCCESS → REFUND (by any accepted refund), or NOTPAY → CLOSED
// (by a close, at time_expire, or after seven days).
//
// # How strict
//
// Every request to /v3 is checked in the order of the provider's documentation:
// headers, Authorization syntax, five-minute clock window, merchant and certificate
// serial, signature over the bytes as received, replayed nonce, then JSON (exact field
// names, types, lengths, no unknown or repeated fields), then business rules. A 2xx
// answer is signed, with the key that the request's Wechatpay-Serial asks for; an error
// is not. A callback is accepted by 200 or 204 within five seconds; anything else is
// sent again after 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h with a fresh
// timestamp, nonce and signature and the same event id.
//
// A merchant that others are bound to is a service provider: it signs for them under
// /v3/pay/partner, says sub_mchid in refunds and bills, and is refused where it does not
// (PARAM_ERROR), acts for a merchant that is not bound to it (NO_AUTH) or names an app of
// neither (APPID_MCHID_NOT_MATCH). Its fund-flow bill of a merchant comes in two parts,
// each sealed for its private key.
//
// Stricter than the real thing, on purpose: a nonce cannot be used for a second request
// inside the clock window (the very same GET may be repeated, as transports do), unknown
// JSON fields are refused on api.weixin.qq.com paths too, and an unknown query parameter
// is an error. Looser: a notify_url may be plain http when its host is loopback. Not
// played: rate limits per merchant, transfers for sub-merchants, promotions.
//
// # Controls
//
// JSON over HTTP under /_control/; a page for people is at /. Each has a method of
// Server behind it.
//
//	POST   merchants      {"mchid","key_mode":"public_key|certificate|both"} → all keys; repeatable
//	POST   apps           {"app_id","secret"?,"mchids"?,"pages"?} → app with secret; repeatable
//	POST   push           {"app_id","url","token","aes_key"}, what a merchant enters for messages; asks the url for its echo
//	POST   sub-merchants  {"sp_mchid","sub_mchid"}; lets the first sign for the second, which needs no keys; repeatable
//	POST   wx-login       {"app_id","buyer"} → {"code"}, what wx.login gives
//	POST   shipping       {"transaction_id","received"?: 3|6,"lost"?}: a receipt is confirmed, or what was uploaded is forgotten
//	POST   pay            the parameters of wx.requestPayment, {"app_id"?,"buyer"?} → receipt
//	POST   open           {"url","buyer"?} → receipt; a code_url scanned, an h5_url opened
//	POST   pay-order      {"mchid","out_trade_no"} → receipt; the page's button, no paySign
//	POST   phone-code     {"app_id","buyer","phone"} → {"code"}, what getPhoneNumber gives
//	POST   templates      {"app_id","template_id","title"?,"keywords":["thing1",…]}
//	POST   subscribe      {"app_id","buyer","template_id","accept","off"?}, what wx.requestSubscribeMessage leaves, or a refusal in the settings
//	POST   notify/resend  {"out_trade_no","event_type"?,"copies"?,"parallel"?,"to"?} → statuses
//	GET    books          everything the provider knows, without keys
//	POST   faults         {"target","mode","count"?,"match"?,"delay_ms"?,"value"?}
//	GET    faults         what is armed
//	DELETE faults         disarm all
//
// A fault is used up by the next count calls (or callbacks) of its target that match
// an mchid, app id or out_trade_no. Targets: prepay, query, close, refund, refund_query, abnormal_refund,
// certificates; bill, fund_bill, bill_file; login, token, message, phone, shipping, content, media; push, receipt; notify. Any fault may carry
// delay_ms, which passes first.
//
//	delay              nothing but delay_ms
//	drop               cut without doing it; a callback's attempt is lost on the way
//	cut_after_doing    done, but the answer is lost; a callback is sent, its answer not awaited
//	http_500           500 SYSTEM_ERROR without doing it
//	http_429           429 FREQUENCY_LIMITED with Retry-After: value seconds, else 30
//	error              the documented error in value: a code of v3, or an errcode
//	garbage            a proxy's HTML instead of the body
//	truncated          half of the JSON, under a true signature
//	huge               10 MB: the JSON and blanks behind it, under a true signature
//	gzip_bomb          the same, packed to some 10 kB without having been asked for
//	other_answer       done, but answered with the truth about the payment in value
//	corrupt_body       one character changed on the way
//	corrupt_signature  a true signature of something else
//	wrong_key          signed by a key that belongs to nobody
//	signtest           a probe: WECHATPAY/SIGNTEST/…, must fail verification
//	old_timestamp      signed ten minutes ago
//	amount_plus_one, wrong_appid, wrong_mchid, currency, trade_state
//	                   said under a true signature; value replaces the default lie
//	duplicate          notify: two copies at once, or as many as value says
//	reorder            notify: waits until the merchant's next callback is through (or delay_ms, else 3 s)
//	undelivered        receipt: the message did not arrive; value is its code, else 45047
//	risky              push: the verdict on a picture; value is its label, else 20002
//	no_resource        notify: signed, but without the resource
//	short_nonce        notify: a GCM nonce of 8 bytes
//	late               bill: still being made
//	corrupt_file       bill: a file that is not the one of the hash
//	row_missing, row_extra, row_amount, row_fee
//	                   bill: a line is left out, made up, or a fen off; value is its number
//	payout             bill: the merchant took money out, and put money in
//	refund_abnormal, refund_closed
//	                   refund, abnormal_refund: accepted, but it ends so
//	transfer_stuck     transfer: PROCESSING, because the money is not there yet
//
// Tests of other rooms build single hostile callbacks with Server.Notification.
package sandbox
