package bench

import (
	"context"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The variables that the thin server is started with.
const (
	thinDatabaseEnv = "GALLERIA_BENCH_DATABASE_URL"
	thinSchemaEnv   = "GALLERIA_BENCH_SCHEMA"
	thinAddrEnv     = "GALLERIA_BENCH_ADDR"
)

// thin is the least that can answer over HTTP from this database: Fiber and pgx, no tenant, no
// session, no limits, no log.
type thin struct {
	db     *pgxpool.Pool
	sql    statements
	schema string
	seal   *sealed
}

// thinItem is a product as the yardstick lists it.
type thinItem struct {
	ID       int64           `json:"id"`
	Title    string          `json:"title"`
	Subtitle string          `json:"subtitle"`
	Cover    string          `json:"cover"`
	MinPrice int64           `json:"min_price_fen"`
	MaxPrice int64           `json:"max_price_fen"`
	Sales    int64           `json:"sales"`
	Detail   string          `json:"detail,omitempty"`
	SKUs     json.RawMessage `json:"skus"`
}

// ServeThin runs the bare handlers until ctx ends. It is a process of its own, so that its CPU
// time can be told from the generator's.
func ServeThin(ctx context.Context, getenv func(string) string, stdout io.Writer) error {
	cfg, err := pgxpool.ParseConfig(getenv(thinDatabaseEnv))
	if err != nil {
		return fmt.Errorf("thin server: %w", err)
	}
	cfg.MaxConns = serverConns
	cfg.ConnConfig.RuntimeParams["search_path"] = getenv(thinSchemaEnv)
	db, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("thin server: %w", err)
	}
	defer db.Close()
	t := &thin{db: db, sql: parseStatements(yardstickSQL), schema: getenv(thinSchemaEnv)}
	if t.seal, err = newSealed(); err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", getenv(thinAddrEnv))
	if err != nil {
		return fmt.Errorf("thin server: %w", err)
	}
	_, _ = fmt.Fprintln(stdout, listener.Addr())
	app := t.routes()
	stop := context.AfterFunc(ctx, func() { _ = app.Shutdown() })
	defer stop()
	return app.Listener(listener)
}

func (t *thin) routes() *fiber.App {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/hello", func(c *fiber.Ctx) error { return c.SendString(`{"ok":true}`) })
	app.Get("/list", t.items("list", func(c *fiber.Ctx) any { return c.QueryInt("place") }))
	app.Get("/guarded", t.guarded)
	app.Get("/search", t.items("search", func(c *fiber.Ctx) any { return c.Query("word") }))
	app.Get("/detail", t.detail)
	app.Post("/quote", t.quote)
	app.Post("/cart", t.cart)
	app.Post("/order", t.order)
	app.Post("/pay", t.pay)
	return app
}

func (t *thin) items(name string, arg func(c *fiber.Ctx) any) fiber.Handler {
	return func(c *fiber.Ctx) error {
		rows, err := t.db.Query(c.UserContext(), t.sql[name].positional, arg(c))
		if err != nil {
			return err
		}
		return renderItems(c, rows)
	}
}

func renderItems(c *fiber.Ctx, rows pgx.Rows) error {
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (i thinItem, err error) {
		err = r.Scan(&i.ID, &i.Title, &i.Subtitle, &i.Cover, &i.MinPrice, &i.MaxPrice, &i.Sales, &i.SKUs)
		return i, err
	})
	if err != nil {
		return err
	}
	return c.JSON(out)
}

// guarded is list behind what tenantdb puts before every read, in the same round trip.
func (t *thin) guarded(c *fiber.Ctx) (err error) {
	b := &pgx.Batch{}
	b.Queue("select set_config('role', $1, true), set_config('search_path', $2, true), set_config('transaction_read_only', 'on', true)", t.schema, t.schema+", pg_temp")
	b.Queue(t.sql["list"].positional, c.QueryInt("place"))
	br := t.db.SendBatch(c.UserContext(), b)
	defer func() { err = errors.Join(err, br.Close()) }()
	if _, err := br.Exec(); err != nil {
		return err
	}
	rows, err := br.Query()
	if err != nil {
		return err
	}
	return renderItems(c, rows)
}

func (t *thin) detail(c *fiber.Ctx) error {
	var i thinItem
	row := t.db.QueryRow(c.UserContext(), t.sql["detail"].positional, c.QueryInt("product"))
	if err := row.Scan(&i.ID, &i.Title, &i.Subtitle, &i.Cover, &i.MinPrice, &i.MaxPrice, &i.Sales, &i.Detail, &i.SKUs); err != nil {
		return err
	}
	return c.JSON(i)
}

func (t *thin) quote(c *fiber.Ctx) (err error) {
	b := &pgx.Batch{}
	b.Queue(t.sql["address"].positional, c.QueryInt("member"))
	b.Queue(t.sql["sellables"].positional, c.QueryInt("a"), c.QueryInt("b"))
	br := t.db.SendBatch(c.UserContext(), b)
	defer func() { err = errors.Join(err, br.Close()) }()
	if _, err := br.Exec(); err != nil {
		return err
	}
	rows, err := br.Query()
	if err != nil {
		return err
	}
	var total, id, spu, price, available int64
	var title string
	var spec []string
	_, err = pgx.ForEachRow(rows, []any{&id, &spu, &title, &spec, &price, &available}, func() error { total += price; return nil })
	if err != nil {
		return err
	}
	return c.SendString(`{"payable_fen":` + strconv.FormatInt(total, 10) + `}`)
}

func (t *thin) cart(c *fiber.Ctx) error {
	tag, err := t.db.Exec(c.UserContext(), t.sql["cart_put"].positional, c.QueryInt("member"), c.QueryInt("sku"))
	if err != nil {
		return err
	}
	if tag.RowsAffected() != 1 {
		return fiber.ErrConflict
	}
	return c.SendString(`{"ok":true}`)
}

// order is eight statements in four round trips, BEGIN and COMMIT among them.
func (t *thin) order(c *fiber.Ctx) error {
	ctx, no := c.UserContext(), c.Query("no")
	a, b := c.QueryInt("a"), c.QueryInt("b") // a is the smaller: every order locks in one direction
	err := pgx.BeginFunc(ctx, t.db, func(tx pgx.Tx) error {
		var priceA, priceB, id int64
		first := &pgx.Batch{}
		first.Queue(t.sql["reserve"].positional, a)
		first.Queue(t.sql["reserve"].positional, b)
		br := tx.SendBatch(ctx, first)
		err := errors.Join(br.QueryRow().Scan(&priceA), br.QueryRow().Scan(&priceB), br.Close())
		if err != nil {
			return err
		}
		total := priceA + priceB
		if err := tx.QueryRow(ctx, t.sql["order_insert"].positional, no, c.QueryInt("member"), total).Scan(&id); err != nil {
			return err
		}
		rest := &pgx.Batch{}
		rest.Queue(t.sql["order_lines"].positional, id, a, priceA, b, priceB)
		rest.Queue(t.sql["attempt_insert"].positional, no, total)
		rest.Queue(t.sql["event_insert"].positional, no)
		return tx.SendBatch(ctx, rest).Close()
	})
	if err != nil {
		return err
	}
	return c.SendString(`{"ok":true}`)
}

// pay verifies and opens a message as WeChat Pay's, and books it in one round trip.
func (t *thin) pay(c *fiber.Ctx) error {
	if err := t.seal.verify(); err != nil {
		return err
	}
	no := c.Query("no")
	b := &pgx.Batch{}
	b.Queue("begin")
	b.Queue(t.sql["attempt_paid"].positional, no)
	b.Queue(t.sql["order_paid"].positional, no)
	b.Queue(t.sql["event_insert"].positional, no)
	b.Queue("commit")
	if err := t.db.SendBatch(c.UserContext(), b).Close(); err != nil {
		return err
	}
	return c.SendString(`{"ok":true}`)
}

// sealed is one signed and encrypted message, which stands for every callback.
type sealed struct {
	key        *rsa.PrivateKey
	digest     [sha256.Size]byte
	signature  []byte
	gcm        cipher.AEAD
	nonce      []byte
	ciphertext []byte
}

func newSealed() (*sealed, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("provider's key: %w", err)
	}
	message := make([]byte, 1024)
	s := &sealed{key: key, digest: sha256.Sum256(message)}
	if s.signature, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, s.digest[:]); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	block, err := aes.NewCipher(message[:32])
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	if s.gcm, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	s.nonce = make([]byte, s.gcm.NonceSize())
	s.ciphertext = s.gcm.Seal(nil, s.nonce, message, nil)
	return s, nil
}

func (s *sealed) verify() error {
	if err := rsa.VerifyPKCS1v15(&s.key.PublicKey, crypto.SHA256, s.digest[:], s.signature); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if _, err := s.gcm.Open(nil, s.nonce, s.ciphertext, nil); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	return nil
}
