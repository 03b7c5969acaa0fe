package main

import (
	"context"

	"galleria/cmd/internal/app"
)

// runConfig is `galleria config`: the effective configuration, secrets masked.
func runConfig(_ context.Context, sh shell, _ []string) error {
	cfg, err := app.LoadConfig(sh.getenv)
	cfg.Print(sh.stdout)
	return err
}
