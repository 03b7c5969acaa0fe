// Package pulse looks at how the platform is doing: what is owed, what is late, which
// shops there are. It owns no table, changes nothing, and reads the tables of `platform`
// in one statement, never a shop's.
//
// Decision: what would need a look into every shop's schema is either counted where it
// happens (payments.Stats) or estimated from Postgres' own statistics; no measurement
// loops over shops.
package pulse
