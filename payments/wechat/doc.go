// Package wechat is WeChat Pay APIv3 behind payments.Channel: prepay of every product,
// query, close, refunds, bills, transfers and notifications, for merchants that sign
// themselves and for those whom a service provider signs for (partner.go). It is the only
// home of wechatpay-go.
//
// It owns the provider's wire: signatures in both directions, the platform's
// certificates, time limits, and what each error code means. It keeps no payment and no
// account; what it derives from an account (parsed keys, a client) is cached per
// version of the account and bounded.
//
// Decisions
//   - Requests are built and signed by wechatpay-go's core.Client. Its validator, its
//     notification handler and its certificate downloader are not used: the first two
//     read the wall clock and the second panics on signed nonsense, the third is a
//     process-wide singleton keyed by merchant number. Verification itself is the
//     SDK's verifiers over our own CertificateGetter.
//   - Base URL: the SDK has none. A RoundTripper changes scheme and host for accounts of
//     mode sandbox; for live accounts it refuses any host but the provider's.
//   - An unknown certificate serial fetches /v3/certificates, one call at a time and at
//     most once a minute per account, so that forged serials cannot be turned into
//     traffic. Accounts in public-key mode never call it.
//   - Answers to queries are compared with the question: a true signature on another
//     number's answer is a bad response.
//   - Service-provider mode is other paths and other names of the same facts. Two merchants
//     of one provider share its keys, so what tells their messages apart is the comparison
//     of sp_mchid, sub_mchid and both apps, and nothing else.
//   - Error answers are not signed. They are reported by class, and no class but
//     "refused" and "no such number" claims to know an outcome.
//   - RSA signing costs about a millisecond of CPU, so a semaphore bounds how many run
//     at once; waiting callers give up with their context.
package wechat
