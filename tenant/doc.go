// Package tenant holds the words of tenancy: what a tenant, an app and their
// identifiers are. It contains no SQL and no machinery, so that every room can
// speak of tenants without depending on how they are stored.
//
// An ID can only be made by ParseID or NewID and is therefore always a legal
// Postgres identifier; the name of a tenant's schema and of its role is the ID
// itself. A tenant is never taken from what a client says about itself: it is
// looked up from an AppID, a console session or a callback's account key.
package tenant
