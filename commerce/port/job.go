package port

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"galleria/commerce/port/internal/portdb"
	"galleria/tenant/outbox"
)

// Way is the direction of a job.
type Way string

// The ways.
const (
	Import Way = "import"
	Export Way = "export"
)

// Kind is what a file is about.
type Kind string

// The kinds.
const (
	Products Kind = "products"
	Stock    Kind = "stock"
	Tracking Kind = "tracking"
	Orders   Kind = "orders"
)

// Kinds lists the kinds of a way, in the order a page shows them.
func Kinds(w Way) []Kind {
	if w == Import {
		return []Kind{Products, Stock, Tracking}
	}
	return []Kind{Products, Stock, Orders}
}

// Bounds of jobs.
const (
	MaxBytes = 6 << 20 // of an upload
	MaxRows  = 20_000  // of an import
	MostOpen = 3       // jobs of a shop under way at once
	maxName  = 80      // characters of a file's name
	purpose  = "port"  // of private files

	// ImportKept is how long an import waits for an agreement, and how long its result is kept.
	ImportKept = 7 * 24 * time.Hour
	// ExportKept is how long an export's file can be taken.
	ExportKept = 24 * time.Hour
)

// The topics of jobs; the key is the job's id.
const (
	// TopicStep asks for a job to be taken further.
	TopicStep outbox.Topic = "port.step"
	// TimerForget is due when a job's files and rows are to go.
	TimerForget outbox.Topic = "port.forget"
)

// Options are what a job was asked for besides its kind. Zero fields do not matter.
type Options struct {
	Lang string `json:"lang,omitempty"` // of an export's heads and choices
	// Of stock: whether numbers are counts or changes, and why.
	Count  bool   `json:"count,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Of orders.
	Status string    `json:"status,omitempty"`
	From   time.Time `json:"from,omitzero"`
	Until  time.Time `json:"until,omitzero"`
	Reveal bool      `json:"reveal,omitempty"` // personal data as it is
	// Approves says of an import that who agreed to it (who sent the file, until then) may put
	// products on sale alone.
	Approves bool `json:"approves,omitempty"`
}

// Job is a file that comes in or goes out.
type Job struct {
	ID      int64
	Way     Way
	Kind    Kind
	State   State
	Options Options
	Name    string
	Head    []string // keys of the columns that were understood, in the file's order
	Rows    int64    // of the file, or so far of an export
	Problem *Problem // why it was refused

	CreatedBy, ConfirmedBy string
	CreatedAt, ExpiresAt   time.Time
	ConfirmedAt, EndedAt   *time.Time

	RowsDone         int64 // in the present phase
	bunches, reached int64
	files            []string
	sum              []byte
}

// Percent is how far the present phase is.
func (j Job) Percent() int64 {
	const all = 100
	switch {
	case j.State == Done || j.State == Ready:
		return all
	case j.Way == Export || j.bunches == 0:
		return 0
	}
	return j.reached * all / j.bunches
}

// RowState is where a row stands.
type RowState string

// The states of a row.
const (
	RowNew    RowState = "new"    // not looked at
	RowBad    RowState = "bad"    // cannot be done
	RowGood   RowState = "good"   // can be done
	RowSame   RowState = "same"   // changes nothing
	RowDone   RowState = "done"   // was done
	RowFailed RowState = "failed" // could have been done, and could not any more
	RowLeft   RowState = "left"   // was not done because the job was cancelled
)

// Row is a row of an import.
type Row struct {
	Bunch    int64
	Line     int64 // of the file, as a spreadsheet counts
	State    RowState
	Cells    map[string]string // by the column's key
	Seen     json.RawMessage
	Problems []Problem
	Changes  []Change
}

// ChangeAwaits is what stands in Change.What where the changes of a row wait to be approved.
const ChangeAwaits = "awaits"

// Change is one thing that a row does. To and From are as people write them.
type Change struct {
	What string `json:"what"` // a column's key, or "new", "parcel", "known", ChangeAwaits
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// stored is a row as the database takes it.
type stored struct {
	Bunch    int64             `json:"b"`
	Line     int64             `json:"l"`
	State    RowState          `json:"s"`
	Cells    map[string]string `json:"c,omitempty"`
	Seen     json.RawMessage   `json:"v,omitempty"`
	Problems []Problem         `json:"p"`
	Changes  []Change          `json:"d"`
}

func toStored(rows []*Row, cells bool) (json.RawMessage, error) {
	list := make([]stored, len(rows))
	for i, r := range rows {
		list[i] = stored{Bunch: r.Bunch, Line: r.Line, State: r.State, Seen: r.Seen, Problems: r.Problems, Changes: r.Changes}
		if r.Seen == nil {
			list[i].Seen = json.RawMessage("{}")
		}
		if r.Problems == nil {
			list[i].Problems = []Problem{}
		}
		if r.Changes == nil {
			list[i].Changes = []Change{}
		}
		if cells {
			list[i].Cells = r.Cells
		}
	}
	return json.Marshal(list)
}

func rowFromDB(r portdb.PortionRow) (*Row, error) {
	row := &Row{Bunch: r.Bunch, Line: r.Line, State: RowState(r.State), Seen: r.Seen}
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{r.Cells, &row.Cells}, {r.Problems, &row.Problems}, {r.Change, &row.Changes}} {
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return nil, fmt.Errorf("row %d: %w", r.Line, err)
		}
	}
	return row, nil
}

func jobFromRow(r portdb.PortJob) (Job, error) {
	j := Job{
		ID: r.ID, Way: Way(r.Way), Kind: Kind(r.Kind), State: State(r.State), Name: r.Name, Head: r.Head, Rows: r.RowsTotal,
		CreatedBy: r.CreatedBy, ConfirmedBy: r.ConfirmedBy, CreatedAt: r.CreatedAt, ConfirmedAt: r.ConfirmedAt, EndedAt: r.EndedAt, ExpiresAt: r.ExpiresAt,
		RowsDone: r.RowsDone, bunches: r.Bunches, reached: r.Reached, files: r.Files, sum: r.Sum,
	}
	if err := json.Unmarshal(r.Options, &j.Options); err != nil {
		return Job{}, fmt.Errorf("options of job %d: %w", r.ID, err)
	}
	if r.Problem != "" {
		j.Problem = &Problem{}
		if err := json.Unmarshal([]byte(r.Problem), j.Problem); err != nil {
			return Job{}, fmt.Errorf("problem of job %d: %w", r.ID, err)
		}
	}
	return j, nil
}

// fail marks a row as one that cannot be done.
func (r *Row) fail(p Problem) {
	r.State = RowBad
	if !slices.Contains(r.Problems, p) {
		r.Problems = append(r.Problems, p)
	}
}
