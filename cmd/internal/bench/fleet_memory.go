package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/cmd/internal/app"
	"galleria/commerce/member"
	"galleria/tenant"
)

// meetShops asks every shop for what a buyer asks first, and sees what memory grows by. The
// server is one within this process, over connections of its own, one per lane: its memory can
// be told to the byte after a collection, and each shop has met exactly one connection.
func (l *lab) meetShops(ctx context.Context, f *Fleet, shops []tenant.ID) (err error) {
	in, err := l.openInside(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	var before, after inside
	half := len(shops) / 2
	for n, id := range shops {
		if n == half { // what comes once is there by now
			if before, err = in.weigh(ctx, l); err != nil {
				return err
			}
		}
		if err := in.visit(ctx, n, id); err != nil {
			return err
		}
	}
	if after, err = in.weigh(ctx, l); err != nil {
		return err
	}
	met := int64(len(shops) - half)
	f.BackendBytes, f.ProcessBytes = (after.backends-before.backends)/met, (after.process-before.process)/met
	return nil
}

// insider is a server within this process.
type insider struct {
	ground   *app.Ground
	services *app.Services
	client   *client
	began    time.Time // by the database's clock
	stop     context.CancelFunc
	ended    chan error
}

func (l *lab) openInside(ctx context.Context) (*insider, error) {
	env := maps.Clone(l.stack.env)
	env["DATABASE_LANE_CONNS"] = "1"
	cfg, err := app.LoadConfig(func(name string) string { return env[name] })
	if err != nil {
		return nil, err
	}
	in := &insider{ended: make(chan error, 1)}
	if err := l.stack.owner.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&in.began); err != nil {
		return nil, fmt.Errorf("the database's clock: %w", err)
	}
	if in.ground, err = app.NewGround(ctx, cfg, l.stack.services.Log, time.Now); err != nil {
		return nil, err
	}
	if in.services, err = app.NewServices(in.ground); err != nil {
		in.ground.Close()
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		in.ground.Close()
		return nil, fmt.Errorf("listen: %w", err)
	}
	in.client = newClient(listener.Addr().String(), 0, 0)
	ctx, in.stop = context.WithCancel(ctx)
	go func() { in.ended <- in.services.RunHTTP(ctx, listener) }()
	return in, nil
}

func (in *insider) close() error {
	in.client.http.CloseIdleConnections()
	in.stop()
	err := <-in.ended
	in.ground.Close()
	return err
}

// visit is a buyer's first steps in a shop.
func (in *insider) visit(ctx context.Context, n int, id tenant.ID) error {
	name := fmt.Sprintf("wxfleet%011d", n)
	appID, _ := tenant.ParseAppID(name)
	err := in.services.Registry.AddApp(ctx, tenant.App{ID: appID, Provider: tenant.WeChat, TenantID: id, Name: "fleet", Enabled: true})
	if err != nil {
		return err
	}
	tokens, err := in.services.Members.Login(ctx, id, member.LoginInput{AppID: appID, OpenID: name})
	if err != nil {
		return err
	}
	_, err = in.services.Members.AddAddress(ctx, id, tokens.MemberID, member.AddressInput{
		Name: "Li", Phone: "13800000000", Province: "Zhejiang", City: "Hangzhou", Detail: "No 1 Test Road",
	})
	if err != nil {
		return err
	}
	header := []string{"X-App-Id", name, "Authorization", "Bearer " + tokens.AccessToken}
	for _, path := range []string{"/shop", "/categories", "/products", "/products?sort=sales", "/me", "/addresses", "/cart", "/orders"} {
		if _, err := in.client.do(call{method: http.MethodGet, path: api + path, header: header, want: `"`}); err != nil {
			return err
		}
	}
	return nil
}

// inside is memory in bytes: what this process holds, and what the database's processes that
// work for the insider have for themselves.
type inside struct{ process, backends int64 }

func (in *insider) weigh(ctx context.Context, l *lab) (inside, error) {
	rows, err := l.stack.owner.Query(ctx, `SELECT pid FROM pg_stat_activity WHERE usename LIKE 'galleria\_gw\_%' AND backend_start >= $1`, in.began)
	if err != nil {
		return inside{}, fmt.Errorf("list backends: %w", err)
	}
	pids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return inside{}, fmt.Errorf("list backends: %w", err)
	}
	var out inside
	for _, pid := range pids {
		bytes, err := memory(l.proc, pid, "RssAnon")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return inside{}, err
		}
		out.backends += bytes
	}
	runtime.GC()
	runtime.GC() // what the first one only marked as unused, pools among it
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	out.process = int64(heap.HeapAlloc)
	return out, nil
}
