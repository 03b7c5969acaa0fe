// Package miniprogram keeps a shop's Mini Programs and speaks to their providers, WeChat
// and Alipay: who is behind a login code, which phone number a buyer gave, whether the keys
// are good, sending subscribe messages, and pictures of codes that open a Mini Program.
//
// It owns app_credential and app_secret (the keys of each Mini Program, sealed by
// tenant/vault) and the access tokens, and reads the shop row for the profile a Mini Program
// shows. Whose AppID it is stands in registry's directory; what depends on an app (members,
// orders, accounts) is for the caller of Remove to know. It does not own members, consents or
// message texts.
//
// # Apps of a shop
//
// An AppID belongs to one shop of the installation: the directory's primary key decides, in
// the transaction of the shop that also seals the keys and writes the audit entry, so that
// nothing is ever half added. A claim of another shop's is refused without a word about whose
// it is, and recorded in both logs. An app is live or of the sandbox from the day it is added
// (Mode): a live one talks to its provider alone, one of the sandbox never does, and this is
// held whenever keys are stored and whenever they are used. The first app of each mode is in
// every plan, so that a shop can try before it has its own; others need plan.ManyApps.
//
// # Live check
//
// CheckNow asks the provider for something that changes nothing and stores what it said with
// the keys it was said of: WeChat for the stable_token, Alipay for a login by a code that
// cannot exist and, where that refusal is unsigned, for a trade that cannot. New keys were
// never checked.
//
// # Alipay
//
// Requests are signed and answers verified here, over the exact bytes: the SDK takes a refusal
// without looking at its signature, and fetches certificates that an answer names. Both are
// what a live check must not do. Tests hold the two together.
//
// # Tokens
//
// Always stable_token without force_refresh: a repeated call gives the same token, so
// that other systems of the merchant and our other processes are not disturbed, and
// tokens need not be shared through Redis, where they would be one more secret to
// guard. One call per AppID is in flight at a time. When a business call answers that
// the token is bad, the token is forgotten (if it still is the one that failed), a new
// one is fetched once and the call repeated once.
//
// # Errors
//
// The secret and the token travel in query strings and bodies; therefore no error of
// this package carries an address or an answer as it came, only the provider's number,
// its request id (rid) and the scrubbed reason. session_key is not even decoded.
package miniprogram
