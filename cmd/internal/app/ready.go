package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Ready waits, for at most ten seconds, until the database answers, and refuses, in
// production, what an installation must not stand on.
func (g *Ground) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := g.DB.Ping(ctx)
		if err == nil {
			// A wrong key is found out here, before anything is sealed by it.
			return errors.Join(g.guard(ctx), g.Vault.Check(ctx))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w; check DATABASE_URL and run `galleria migrate up`", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
