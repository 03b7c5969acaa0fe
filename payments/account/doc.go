// Package account keeps the merchants' accounts at payment providers: it takes their
// keys in, seals them, and gives a channel the account with its keys in clear.
//
// It owns the tables payment_account, payment_binding, payment_key_set, payment_secret and
// payment_provider_key. It does
// not own the callback route, which registry keeps for the whole platform, nor any
// provider's wire.
//
// Invariants
//   - Keys are checked when they come in: they parse, they belong together, the APIv3
//     key has its 32 bytes. A wrong key is named by its field at once and not found out
//     by the first buyer.
//   - Secrets are stored sealed, bound to tenant, account key and field. What leaves for
//     people is fingerprints and nothing else.
//   - Keys change as one numbered set, recorded in the log of the same transaction. The
//     replaced set verifies and opens messages under way for seven days, by the clock and
//     not by the job that then destroys it.
//   - A set that does not open is KEYS_DAMAGED and an alarm, once; nothing of other accounts.
//   - A live account has no base URL; only a sandbox account may be pointed anywhere. The
//     table says so, too.
//   - On a channel one account serves an app: the one that payment_binding names, if it is
//     enabled. An account without a binding serves nothing. A merchant number may have a
//     test and a live account; moving an app from one to the other is one recorded act.
//   - A live check asks the provider outside of any transaction, keeps what came out with
//     the version of the keys it tried, and never changes a key.
//
// Decisions
//   - Reading an account is always one statement; what is cached, by (account, its
//     updated_at), is only the opened secrets. A change is therefore seen by every
//     process at once, without a notification.
//   - The platform's route is written before the account: a route to nothing answers
//     like any unknown address, an account without a route would lose its callbacks.
//   - Private keys are stored as PKCS#8 whatever form they came in: PEM in any wrapping,
//     Base64 without armour, DER, PFX. A PFX's password is used once and not kept.
//   - Certificates that do not fit are refused where what was given proves it. Where the
//     issuer was not given, the live check decides.
package account
