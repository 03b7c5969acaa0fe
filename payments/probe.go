package payments

import "context"

// What a failed call says beside its fault, in Data.
const (
	DataProviderCode    = "provider_code"    // of ErrRefused: the provider's own code
	DataProviderMessage = "provider_message" // and its words
	// DataSuspect is which of the account's keys a probe suspects where the fault alone does
	// not tell: "api_v3_key".
	DataSuspect = "suspect"
)

// Has reports that the installation has a channel.
func (s *Service) Has(channel Code) bool {
	_, ok := s.channels[channel]
	return ok
}

// Probe tries an account's keys at its provider: see Channel. Opens no transaction. Faults:
// CHANNEL_NOT_BUILT, PROVIDER_….
func (s *Service) Probe(ctx context.Context, acc Account) error {
	ch, ok := s.channels[acc.Channel]
	if !ok {
		return ErrNoChannel
	}
	return ch.Probe(ctx, acc)
}
