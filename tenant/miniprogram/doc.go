// Package miniprogram speaks to the server API of a shop's Mini Programs: who is
// behind a wx.login code, and sending subscribe messages.
//
// It owns app_credential (the secret of each Mini Program, sealed by tenant/vault) and
// the access tokens, and reads the shop row for the profile a Mini Program shows. It does
// not own members, consents or message texts.
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
