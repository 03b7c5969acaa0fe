package tryout

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"galleria/commerce/order"
	"galleria/commerce/trial"
	"galleria/payments"
	"galleria/tenant"
	"galleria/tenant/fault"
)

// Deps are what the service works with.
type Deps struct {
	Rooms
	Trials *trial.Service
	Orders *order.Service
	// SandboxURL is the sandbox, APIURL this installation as it reaches itself.
	SandboxURL, APIURL string
	Log                *slog.Logger
}

// Service tries shops out. Safe for concurrent use.
type Service struct {
	Deps
	at Control
}

// New returns the service.
func New(d Deps) *Service { return &Service{d, Control{d.SandboxURL}} }

// App implements console.Tryout.
func (s *Service) App(ctx context.Context, shop tenant.ID) (string, error) {
	apps, err := s.MiniProgram.Apps(ctx, shop)
	if err != nil {
		return "", err
	}
	accounts, err := s.Accounts.List(ctx, shop)
	if err != nil {
		return "", err
	}
	for _, app := range apps {
		if !app.Enabled || app.APIBase != s.SandboxURL {
			continue
		}
		for _, a := range accounts {
			if a.Enabled && a.Mode == payments.Sandbox && a.Channel == payments.WeChat && slices.Contains(a.AppIDs, app.ID.String()) {
				return app.ID.String(), nil
			}
		}
	}
	return "", fault.ErrNotFound
}

// Setup implements console.Tryout.
func (s *Service) Setup(ctx context.Context, shop tenant.ID, actor string) error {
	if _, err := s.App(ctx, shop); err == nil || !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	sum := sha256.Sum256([]byte("tryout:" + shop.String()))
	const digits = 100_000_000
	_, _, err := Connect(ctx, s.Rooms, s.at, ConnectInput{
		Shop: shop, AppID: "wx" + hex.EncodeToString(sum[:8]), AppName: appName, AccountName: accountName, SandboxURL: s.SandboxURL, Actor: actor,
		MchID: fmt.Sprintf("19%08d", binary.BigEndian.Uint64(sum[8:])%digits),
	})
	if down, ok := errors.AsType[*stopped](err); ok {
		return errProvider.Because(down)
	}
	return err
}

// Begin implements console.Tryout.
func (s *Service) Begin(ctx context.Context, shop tenant.ID, in trial.BeginInput) error {
	return s.Trials.Begin(ctx, shop, in)
}
