package main

import (
	"context"

	"galleria/cmd/internal/app"
)

// runConfig is `galleria config`: the effective configuration, secrets masked.
func runConfig(_ context.Context, sh shell, args []string) error {
	if len(args) > 0 {
		return usageError{"takes no arguments; it reads the environment, as serve and worker do"}
	}
	cfg, err := app.LoadConfig(sh.getenv)
	cfg.Print(sh.stdout)
	return err
}
