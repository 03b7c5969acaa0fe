// Package registry knows the shops of the installation: which tenant an AppID, a
// handle or a callback address belongs to, and where each tenant stands in its life.
//
// It owns platform.tenant (but for building and claiming schemas, which is
// provision's), platform.app and platform.account_route. Resolver answers per request
// from memory; a NOTIFY in the transaction that changed something makes every process
// forget it, and entries expire on their own as well.
//
// A tenant named by a client is never believed: the only ways in are ByApp,
// ByAccountKey and ByHandle (which the console checks against the session's roles).
package registry
