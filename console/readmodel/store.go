package readmodel

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Deps are what the store works with.
type Deps struct {
	DB *tenantdb.DB
	// Receivers opens who orders go to; pages without orders need none.
	Receivers Receivers
}

// Store reads pages. Safe for concurrent use.
type Store struct {
	Deps
}

// New returns the store.
func New(d Deps) *Store { return &Store{Deps: d} }

// read sends the queued statements in one round trip and one snapshot.
func (s *Store) read(ctx context.Context, shop tenant.ID, what string, queue func(b *pgx.Batch)) error {
	err := s.DB.Read(ctx, shop, func(r *tenantdb.Reader) error {
		b := &pgx.Batch{}
		queue(b)
		return r.SendBatch(ctx, b).Close()
	})
	if tenantdb.NoRows(err) {
		return fault.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// collect queues a statement whose rows end in *into. The function that read runs may
// run again, so the slice is set, not appended to.
func collect[T any](b *pgx.Batch, into *[]T, scan func(pgx.CollectableRow) (T, error), sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scan)
		*into = list
		return err
	})
}

// filter builds the WHERE of a list out of constant conditions; a value only ever
// travels as an argument.
type filter struct {
	conditions []string
	args       []any
}

// add appends a condition in which each ? stands for value.
func (f *filter) add(condition string, value any) {
	f.args = append(f.args, value)
	f.is(strings.ReplaceAll(condition, "?", "$"+strconv.Itoa(len(f.args))))
}

// is appends conditions without values. What never changes stands in them: plans are kept, and one
// with a place for it would not know which index has it.
func (f *filter) is(conditions ...string) { f.conditions = append(f.conditions, conditions...) }

// addAll appends a condition with several values, as text has it.
func (f *filter) addAll(condition string, values ...any) { f.is(f.text(condition, values...)) }

// text returns SQL in which ?1 stands for the first of values, and so on.
func (f *filter) text(sql string, values ...any) string {
	for i, value := range values {
		f.args = append(f.args, value)
		sql = strings.ReplaceAll(sql, "?"+strconv.Itoa(i+1), "$"+strconv.Itoa(len(f.args)))
	}
	return sql
}

// where returns " WHERE …" or nothing.
func (f *filter) where() string {
	if len(f.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(f.conditions, " AND ")
}

// newestFirst ends the statement of a list that is n rows long, by the id of what it lists. The
// number stands in it: plans are kept, and one with a place for it would not know how soon it may
// stop.
func newestFirst(id string, n int) string {
	return " ORDER BY " + id + " DESC LIMIT " + strconv.Itoa(n)
}

// capped counts rows, and stops at CountCap.
func capped(from string) string {
	return "(SELECT count(*) FROM (SELECT 1 FROM " + from + " LIMIT " + strconv.Itoa(CountCap) + ") c)"
}

// contains is the LIKE pattern of "has this text in it"; wildcards in q are text.
func contains(q string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}

// anyCase is sql for q: what has no letters that are large or small, as Chinese, is compared as it
// is, which takes half the time.
func anyCase(sql, q string) string {
	if strings.ToUpper(q) == strings.ToLower(q) {
		return strings.ReplaceAll(sql, "ILIKE", "LIKE")
	}
	return sql
}

// actorOf splits an actor such as "staff:3" into its kind and its id or code.
func actorOf(actor string) (kind, rest string) {
	kind, rest, _ = strings.Cut(actor, ":")
	return kind, rest
}

// names reads what the platform knows: people by id and one app by its AppID.
func (s *Store) names(ctx context.Context, staffIDs []int64, appID string) (people map[string]string, app string, err error) {
	if len(staffIDs) == 0 && appID == "" {
		return nil, "", nil
	}
	err = s.DB.InPlatform(ctx, func(tx tenantdb.Tx) error {
		people, app = map[string]string{}, ""
		b := &pgx.Batch{}
		b.Queue("SELECT name FROM platform.app WHERE app_id = $1", appID).QueryRow(func(row pgx.Row) error {
			if err := row.Scan(&app); !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
			return nil
		})
		b.Queue("SELECT id, name FROM platform.staff WHERE id = ANY ($1)", staffIDs).Query(func(rows pgx.Rows) error {
			var id int64
			var name string
			_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
				people[strconv.FormatInt(id, 10)] = name
				return nil
			})
			return err
		})
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return nil, "", fmt.Errorf("read names: %w", err)
	}
	return people, app, nil
}
