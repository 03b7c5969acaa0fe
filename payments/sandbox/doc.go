// Package sandbox plays the providers' side on the wire: WeChat Pay APIv3 and the
// WeChat Mini Program server API, on one listener. Production code does not know
// it: it differs by base URL and by the keys in the merchant's account.
//
// It owns the books of a pretended provider (merchants and their keys, apps, buyers,
// charges, refunds, tokens, subscribe messages, callbacks and every attempt to deliver
// them) and keeps them in an append-only journal, so that a restart forgets nothing
// that the real provider would remember. It does not own anything of a shop, and it
// shares no code with our own clients: a mistake in payments/wechat must not be
// repeated here and so pass its tests.
//
// # How strict
//
// Every request to /v3 is checked in the order of the provider's documentation:
// headers, Authorization syntax, five-minute clock window, merchant and certificate
// serial, signature over the bytes as received, replayed nonce, then JSON (exact field
// names, types, lengths, no unknown or repeated fields), then business rules. A 2xx
// answer is signed, an error is not.
//
// Stricter than the real thing, on purpose: a nonce cannot be used twice inside the
// clock window, unknown JSON fields are refused on api.weixin.qq.com paths too, and an
// unknown query parameter is an error. Looser: a notify_url may be plain http when its
// host is loopback. Not played: rate limits per merchant, partner mode, bills.
package sandbox
