// Package vault keeps merchants' secrets: it seals them before they are stored and
// opens them where they are used, and its Secret type cannot be printed by accident.
//
// Keys form two levels. A data key per tenant (a tink AES-256-GCM keyset) seals
// fields; it is stored wrapped by the key-encryption key, which stays outside the
// database behind the interface KEK. What is authenticated with each ciphertext binds
// it to tenant, owner and field: a ciphertext copied elsewhere does not open. Seal and
// Open use a bounded cache of unwrapped data keys.
//
// It owns platform.tenant_key. It does not know what the secrets are for.
//
// Decision: the package reads its own table and therefore stands one level above
// tenantdb, not beside it.
package vault
