// Package wire is what every channel needs of the way to its provider: bounded answers, a
// live account's one host, a breaker per host, few signatures at once, and a client per
// version of an account.
//
// It owns none of a provider's words: what an answer means is for its channel to say.
package wire
