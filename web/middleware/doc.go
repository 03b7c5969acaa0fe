// Package middleware is what every HTTP request passes before its handler, in this
// order: Identify (request id, language), Access (one log line, panics), Deadline,
// Shares and Places (what is worked on at once, of one shop and in all), PlainBody and
// BodyLimit, and, once the caller is known, Limiter.
//
// It owns no business and knows no tenant's data. Whoever the caller is, is found by
// web/auth.
//
// Decision: a request is logged once, when it is over, with the error and the panic's
// stack on the same line; nothing below logs a failure that it returns.
package middleware
