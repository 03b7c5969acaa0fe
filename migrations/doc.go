// Package migrations holds the SQL of every schema and the runner that applies it.
//
// Three kinds of schema exist: `platform`, once per database; `tenant_template`,
// which no data ever enters and on which unrouted SQL fails; and one schema per
// tenant. The template and all tenants are made by the same files in tenant/.
//
// Rules of the runner:
//   - golang-migrate is used as a library over a driver of our own (driver.go). A
//     schema is created or upgraded in one transaction, with the directory row
//     platform.tenant locked: it either reaches the new version whole or stays where
//     it was, and the version stands in that row. There is no "dirty" state and no
//     repair by hand.
//   - The fleet goes template, spares, canaries, rest; bounded workers; one broken
//     tenant is listed with its error and does not stop the others; a run that was
//     interrupted goes on where it stopped, because only tenants below the newest
//     version are looked at.
//   - Expand, migrate, contract: a file never breaks the previous binary. The oldest
//     tenant schema this binary can serve is MinTenantVersion.
//
// Decision: a new schema is made by running the files through that driver in one
// transaction instead of by a consolidated script. Measured, the two cost the same
// (0.13 s of CPU), and one way to make a schema cannot differ from itself.
//
// Roles: galleria_gw_0 … galleria_gw_7 log in for the lanes and inherit nothing;
// each may SET ROLE to its tenants' roles. A tenant's role has USAGE on its own
// schema only. Table rights come from galleria_tenant by default privileges, so a
// file that makes a table append-only revokes from galleria_tenant. galleria_app
// logs in for platform work and can enter no tenant schema.
package migrations
