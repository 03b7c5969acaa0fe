package app

import (
	"galleria/cmd/internal/tryout"
	"galleria/commerce/trial"
	"galleria/console"
	"galleria/jobs/handle"
)

// newTryouts is what shops try themselves out with, nil where there is no sandbox.
func (s *Services) newTryouts() *tryout.Service {
	if s.Config.SandboxURL == "" {
		return nil
	}
	return tryout.New(tryout.Deps{
		Rooms:  tryout.Rooms{Registry: s.Registry, MiniProgram: s.MiniProgram, Accounts: s.Accounts},
		Trials: trial.New(trial.Deps{DB: s.DB, Outbox: s.Outbox, Audit: s.Audit}), Orders: s.Orders,
		SandboxURL: s.Config.SandboxURL, APIURL: s.Config.ownURL(), Log: s.Log,
	})
}

// buyer and tryouts are Tryouts as an interface that is nil with it.
func (s *Services) buyer() handle.Tryouts {
	if s.Tryouts == nil {
		return nil
	}
	return s.Tryouts
}

func (s *Services) tryouts() console.Tryout {
	if s.Tryouts == nil {
		return nil
	}
	return s.Tryouts
}

// ownURL is where this installation reaches its own API.
func (c Config) ownURL() string {
	if c.APIURL != "" {
		return c.APIURL
	}
	return c.PublicURL
}
