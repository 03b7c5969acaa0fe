package port

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/commerce/order"
	"galleria/commerce/port/internal/portdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/outbox"
	"galleria/tenant/tenantdb"
	"galleria/tenant/timer"
	"galleria/tenant/upload"
)

// Store keeps files by key; commerce/picture's stores are such.
type Store interface {
	Put(ctx context.Context, key string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	Delete(ctx context.Context, key string) error
	Each(ctx context.Context, folder string, take func(key string, at time.Time) error) error
}

// Parcels is the part of order.Service that a file of tracking numbers moves.
type Parcels interface {
	ShipTx(ctx context.Context, tx tenantdb.Tx, in order.ShipInput) (order.Shipped, error)
}

// OrderReader reads orders as a file shows them, newest first.
type OrderReader interface {
	// ExportOrders gives the next so many orders below a number (0: the newest), and the last of
	// them; 0 when there is none left.
	ExportOrders(ctx context.Context, shop tenant.ID, in OrderFilter, before int64, limit int) (list []OrderLine, last int64, err error)
}

// Deps are what the service works with.
type Deps struct {
	DB        *tenantdb.DB
	Catalog   *catalog.Service
	Inventory *inventory.Service
	Listings  *listing.Service
	Parcels   Parcels
	Orders    OrderReader
	Outbox    *outbox.Outbox
	Timers    *timer.Timers
	Audit     *audit.Log
	Store     Store
	Now       func() time.Time
}

// Service takes files in and gives them out. Safe for concurrent use.
type Service struct {
	d     Deps
	q     *portdb.Queries
	kinds map[Kind]importer
}

// New returns the service.
func New(d Deps) *Service {
	s := &Service{d: d, q: portdb.New()}
	s.kinds = map[Kind]importer{Products: products{s}, Stock: stock{s}, Tracking: tracking{s}}
	return s
}

// importer is what an import of a kind does.
type importer interface {
	// bunch names the rows that belong together, once what may come only once; both may be
	// empty. A problem is a row that can be neither.
	bunch(cells map[string]string) (bunch, once string, problem *Problem)
	// portion is how many bunches are done in a transaction.
	portion() int64
	// applyTx does what rows ask for, whole bunches, and tells each what became of it.
	applyTx(ctx context.Context, tx tenantdb.Tx, job Job, rows []*Row) error
}

// Upload is a file that comes in.
type Upload struct {
	Kind    Kind
	Name    string
	Raw     []byte
	Options Options
	Actor   string // "staff:7"
}

// Upload keeps a file and has it checked. Opens a transaction. Faults: PORT_FILE_SIZE,
// PORT_BUSY, PORT_STORE.
func (s *Service) Upload(ctx context.Context, shop tenant.ID, in Upload) (int64, error) {
	if _, known := s.kinds[in.Kind]; !known {
		return 0, fault.ErrNotFound
	}
	if len(in.Raw) > MaxBytes {
		return 0, ErrFileSize
	}
	key := upload.Folder(purpose, shop) + "/" + strings.ToLower(rand.Text()) + ".in"
	if err := s.d.Store.Put(ctx, key, in.Raw); err != nil {
		return 0, ErrStore.Because(err)
	}
	sum := sha256.Sum256(in.Raw)
	id, err := s.begin(ctx, shop, portdb.InsertJobParams{
		Way: string(Import), Kind: string(in.Kind), State: string(Reading), Name: upload.Name(in.Name, maxName), Sum: sum[:], Files: []string{key}, CreatedBy: in.Actor,
	}, in.Options, ImportKept)
	if err != nil {
		_ = s.d.Store.Delete(context.WithoutCancel(ctx), key) // what stays is swept
		return 0, fmt.Errorf("upload: %w", err)
	}
	return id, nil
}

// Export has a file made. Opens a transaction. Faults: PORT_BUSY.
func (s *Service) Export(ctx context.Context, shop tenant.ID, k Kind, options Options, actor string) (int64, error) {
	if !slices.Contains(Kinds(Export), k) {
		return 0, fault.ErrNotFound
	}
	id, err := s.begin(ctx, shop, portdb.InsertJobParams{
		Way: string(Export), Kind: string(k), State: string(Running), Files: []string{}, CreatedBy: actor,
	}, options, ImportKept)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return id, nil
}

func (s *Service) begin(ctx context.Context, shop tenant.ID, row portdb.InsertJobParams, options Options, kept time.Duration) (id int64, err error) {
	if row.Options, err = json.Marshal(options); err != nil {
		return 0, err
	}
	row.Most = MostOpen
	err = s.d.DB.InTenant(ctx, shop, func(tx tenantdb.Tx) error {
		row.CreatedAt, row.ExpiresAt = tx.Now(), tx.Now().Add(kept)
		if id, err = s.q.InsertJob(ctx, tx, row); tenantdb.NoRows(err) {
			return ErrBusy
		}
		if err != nil {
			return err
		}
		if err := s.d.Timers.Set(ctx, tx, TimerForget, strconv.FormatInt(id, 10), row.ExpiresAt, struct{}{}); err != nil {
			return err
		}
		detail := map[string]any{"kind": row.Kind}
		if row.Name != "" {
			detail["file"] = row.Name
		}
		if options.Reveal {
			detail["personal_data"] = true
		}
		if err := s.record(ctx, tx, row.CreatedBy, row.Way+".begun", id, detail); err != nil {
			return err
		}
		return s.d.Outbox.Append(ctx, tx, TopicStep, strconv.FormatInt(id, 10), struct{}{})
	})
	return id, err
}

func (s *Service) record(ctx context.Context, tx tenantdb.Tx, actor, action string, id int64, detail map[string]any) error {
	return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: "port:" + strconv.FormatInt(id, 10), Detail: detail})
}

// moveTx moves a job that is locked, by the table. Faults: PORT_STATE.
func (s *Service) moveTx(ctx context.Context, tx tenantdb.Tx, job Job, e Event, problem *Problem) error {
	to, ok := Next(job.State, e)
	if !ok {
		return ErrState
	}
	row := portdb.MoveParams{ToState: string(to), FromState: string(job.State), ID: job.ID, Ended: to.Ended(), At: tx.Now(), ExpiresAt: job.ExpiresAt}
	if problem != nil {
		body, err := json.Marshal(problem)
		if err != nil {
			return err
		}
		row.Problem = string(body)
	}
	switch {
	case to == Expired:
	case job.Way == Export && to == Done:
		row.ExpiresAt = tx.Now().Add(ExportKept)
	default:
		row.ExpiresAt = tx.Now().Add(ImportKept)
	}
	n, err := s.q.Move(ctx, tx, row)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrState
	}
	if to == Expired {
		return nil
	}
	return s.d.Timers.Set(ctx, tx, TimerForget, strconv.FormatInt(job.ID, 10), row.ExpiresAt, struct{}{})
}

// Confirm lets a checked import run, in the name of by; agreeing again is no error and runs nothing. Opens a
// transaction. Faults: NOT_FOUND, PORT_STATE.
func (s *Service) Confirm(ctx context.Context, shop tenant.ID, id int64, by listing.Editor) error {
	actor := by.Actor
	return s.locked(ctx, shop, id, func(tx tenantdb.Tx, job Job) error {
		if job.Way == Import && (job.State == Running || job.State == Done) {
			return nil
		}
		if err := s.moveTx(ctx, tx, job, EventConfirm, nil); err != nil {
			return err
		}
		now := tx.Now()
		if err := s.q.Confirmed(ctx, tx, actor, &now, by.Approves, id); err != nil {
			return err
		}
		if err := s.record(ctx, tx, actor, "import.confirmed", id, map[string]any{"kind": string(job.Kind), "rows": job.Rows}); err != nil {
			return err
		}
		return s.d.Outbox.Append(ctx, tx, TopicStep, strconv.FormatInt(id, 10), struct{}{})
	})
}

// Cancel ends a job; what was done stays done. One that has ended is left as it is. Opens a
// transaction. Faults: NOT_FOUND.
func (s *Service) Cancel(ctx context.Context, shop tenant.ID, id int64, actor string) error {
	return s.locked(ctx, shop, id, func(tx tenantdb.Tx, job Job) error {
		if job.State.Ended() {
			return nil
		}
		if err := s.moveTx(ctx, tx, job, EventCancel, nil); err != nil {
			return err
		}
		after := int64(0)
		if job.State == Running {
			after = job.reached
		}
		if err := s.q.LeaveRest(ctx, tx, id, after); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, string(job.Way)+".cancelled", id, map[string]any{"kind": string(job.Kind), "rows_done": job.RowsDone})
	})
}

// locked runs fn on a job under its lock.
func (s *Service) locked(ctx context.Context, shop tenant.ID, id int64, fn func(tx tenantdb.Tx, job Job) error) error {
	err := s.d.DB.InTenant(ctx, shop, func(tx tenantdb.Tx) error {
		row, err := s.q.LockJob(ctx, tx, id)
		if tenantdb.NoRows(err) {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		job, err := jobFromRow(row)
		if err != nil {
			return err
		}
		return fn(tx, job)
	})
	if err != nil {
		return fmt.Errorf("job %d: %w", id, err)
	}
	return nil
}
