// Package miniapi is the API that Mini Programs speak: /api/v1, described by the
// OpenAPI document that Spec renders and web/openapi keeps.
//
// It owns the contract (paths, JSON names, limits that can be read from the contract)
// and the translation between it and the services. It owns no rule: a handler decodes,
// calls one service method, renders. Who the caller is, web/auth has found out before.
//
// # Strictness
//
// A request is refused, never repaired: unknown, repeated or case-variant members,
// trailing data, numbers that are not plain integers, NUL characters, unknown or
// repeated query parameters. What two readers could read differently is where signatures
// and limits are slipped past.
//
// # Answers from memory
//
// The shop, its categories, product lists and product pages are kept as encoded bytes
// per tenant (see answers.go). A NOTIFY in the catalogue's commit forgets a tenant's
// answers in every process; and no answer is older than a few seconds, even if the
// notification was lost. Stock appears there only as a coarse state.
//
// # Decisions
//
// Errors do not go through huma's own error model, which is package state: handlers
// return envelope failures and a transformer turns huma's validation errors into the
// same shape.
package miniapi
