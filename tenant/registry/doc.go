// Package registry knows the shops of the installation: which tenant an AppID, a
// handle or a callback address belongs to, and where each tenant stands in its life.
//
// It owns platform.tenant (but for building and claiming schemas, which is
// provision's), platform.app and platform.account_route. Resolver answers per request
// from memory; a NOTIFY in the transaction that changed something makes every process
// forget it, and entries expire on their own as well.
//
// It owns the life of a shop: Transitions is the one table, Move the one way, which audits
// and tells every process in the move's own transaction. What a state means at the doors is
// tenant.Policy; Storefront and NewOrders are its words for the API. A shop may be closed
// for good (finish) by whoever has seen that nothing is owed; the command line looks.
//
// An AppID belongs to one shop: ClaimAppTx in the claimant's own transaction, under row
// policies that show a shop only its own rows.
//
// A tenant named by a client is never believed: the only ways in are ByApp,
// ByAccountKey and ByHandle (which the console checks against the session's roles).
package registry
