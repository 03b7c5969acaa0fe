// Package tenantdb is the only way to the tables: InTenant for a transaction in one
// tenant's schema, Read for pages that only read, InPlatform for the schema
// `platform`. It owns the connection pools; nobody else holds a pool or a
// connection.
//
// Routing never outlives a transaction. InTenant and Write set role and search_path
// right behind BEGIN, in the round trip of the first statement; Read sets them in the
// same round trip as each statement. A Write of a single statement is one round trip, too:
// its batch is the transaction.
// Connections start, and rest, on `tenant_template`, where the login role may touch
// no table: SQL that forgot its tenant gets "permission denied", not somebody's rows.
//
// Lanes: tenants hash onto eight gateway roles, one pool each. A backend keeps
// 0.3–0.4 MB for every tenant it has met; lanes divide the tenants one connection
// meets by eight, and a connection is closed once it has met MaxTenantsMet of them.
// A gateway may SET ROLE only to its own lane's tenants, and a tenant's role reaches
// only its own schema: two walls behind the path. They are walls against mistakes,
// not against injected SQL, which is why no SQL is built from strings anywhere.
//
// The tenants of a lane take turns: those who wait stand in one queue for each tenant, and
// beside others that have worked in the lane within ten seconds none has more than half of its
// connections, so that a crowd at one shop leaves some to the next buyer of another. A tenant
// that is alone may have all of them.
//
// Every pool has a small reserve for work marked by Reserved, the providers' callbacks: a
// storm of other requests may take all of a pool and callbacks still get through. The
// reserve's connections are opened when first needed, so a process without callbacks has
// none.
//
// Pipeline lets steps that several rooms wrote, each as if it were alone, share their
// round trips within one transaction: placing an order is eleven statements in three.
//
// Statements are prepared and cached per connection (pgx CacheStatement), with one plan for
// all parameters that prefers any index to reading a table whole: a plan from the day a
// table was empty still serves when it is full (put cart line: 0.6 to 0.8 ms of
// CPU instead of 1.0). A table that no index serves is read whole as before.
//
// They name their columns, so that tenants one migration apart can share them. A plan that
// a migration made stale (0A000), a deadlock or a serialization failure is repeated
// inside InTenant, Write and Read; therefore their functions must do nothing but database work.
package tenantdb
