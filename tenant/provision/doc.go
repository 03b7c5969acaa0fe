// Package provision opens shops. A stock of spare schemas is kept ready, so that
// opening a shop is one UPDATE of the directory (about a millisecond) and the few rows
// a shop starts with; making a schema takes a fifth of a second and is done ahead.
//
// OpenShop is idempotent by its request key and resumes: whatever step a process died
// in, calling it again with the same key finishes the same shop. The states are
// spare → provisioning (claimed, named) → active (filled). A schema whose building was
// interrupted stays 'building' and is finished by a Refill a minute later. Tests kill the
// process at every round trip to prove it. An application (tenant/signup) takes the same
// steps one by one and ends in onboarding.
//
// It owns how schemas come into being, and platform.shop_handle: who holds which handle.
// A handle is held by a request key before there is a shop, and its skeleton is unique, so
// that no shop can pass for another. What a shop's first rows are is told by the
// rooms that own them, as Fill steps wired at the composition root.
package provision
