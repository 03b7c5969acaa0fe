package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"galleria/cmd/internal/app"
	"galleria/commerce/figures"
)

// runFigures is `galleria figures rebuild HANDLE`: it counts a shop's figures anew from its
// orders. Events keep them; this is for after a mistake.
func runFigures(ctx context.Context, sh shell, args []string) error {
	if len(args) != 2 || args[0] != "rebuild" {
		return usageError{"figures rebuild HANDLE"}
	}
	cfg, err := app.LoadConfig(sh.getenv)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(sh.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ground, err := app.NewGround(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	defer ground.Close()
	shop, err := ground.Registry.ByHandle(ctx, args[1])
	if err != nil {
		return explain(err)
	}
	began := ground.Now()
	if err := figures.New(ground.DB, nil).Recount(ctx, shop.ID); err != nil {
		return explain(err)
	}
	_, _ = fmt.Fprintf(sh.stdout, "%s\t%s\t%s\n", shop.ID, shop.Handle, ground.Now().Sub(began).Round(time.Millisecond))
	return nil
}
