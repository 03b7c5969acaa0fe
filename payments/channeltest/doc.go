// Package channeltest is the conformance suite of payment channels: what every channel
// must do, whatever the provider's wire looks like. A channel's own tests call Exercise
// with a harness over the provider's sandbox. Imported from tests only.
package channeltest
