// Package vault keeps merchants' secrets: it seals them before they are stored and
// opens them where they are used, and its Secret type cannot be printed by accident.
//
// Keys form two levels. A data key per tenant (a tink AES-256-GCM keyset) seals
// fields; it is stored wrapped by the key-encryption key, which stays outside the
// database behind the interface KEK. What is authenticated with each ciphertext binds
// it to tenant, owner and field: a ciphertext copied elsewhere does not open. Seal and
// Open use a bounded cache of unwrapped data keys.
//
// It owns platform.kek, tenant_key, key_rotation, key_alarm and key_usage. It does not know
// what the secrets are for; the rooms that store them describe their columns (Column).
//
// # Rotation
//
// Data keys have versions: the primary seals, old ones open. Every ciphertext begins with
// the id of its key, so what is left on an old key can be counted. A process that meets a key
// it does not know looks again; one that still has the old primary in memory may seal with
// it for ten minutes, and therefore an old key is destroyed only fifteen minutes after it was
// superseded and after a sweep, begun later than that, found nothing of it.
//
// The database says which key-encryption key is current: only that one wraps, whatever a
// process was started with. A row is rewrapped by compare-and-set after the new wrap has been
// opened again. Both rotations keep their progress in the rows themselves; interrupted, they
// are simply run again.
//
// # Damage
//
// ErrSealed (damaged, only storing it again helps) is told from ErrKeyAway (this process
// lacks a key, nothing is damaged). The first raises the durable alarm of its owner, the
// second must not: a server with a wrong key would flag every shop.
//
// Decision: the package reads its own tables and therefore stands one level above
// tenantdb, not beside it. An alarm is a row of the platform, so that those who run it see
// all of them in one statement; row policies let a shop's transaction write its own.
//
// Go cannot promise that a secret leaves memory. What the caches own is overwritten when it
// leaves them; copies that callers got, and what tink's primitives hold, are left to the
// collector.
package vault
