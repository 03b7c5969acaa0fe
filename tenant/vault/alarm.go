package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
	"galleria/tenant/vault/internal/vaultdb"
)

// AlarmKind is what is the matter with a key.
type AlarmKind string

// The kinds of alarms.
const (
	Damaged AlarmKind = "damaged" // it does not open
	Expiry  AlarmKind = "expiry"  // it ends soon, or has ended
	Idle    AlarmKind = "idle"    // it was used after a long rest
	Spike   AlarmKind = "spike"   // it was used far more often than it usually is
)

// Alarm is one open matter that somebody must look after.
type Alarm struct {
	ID       int64
	TenantID tenant.ID
	Owner    string // Field.Owner, or "data_key"
	Kind     AlarmKind
	Subject  string // the field or the certificate
	DaysLeft *int64 // expiry: the threshold that was passed
	Seen     int    // times it was met, at most once a minute and process
	FirstAt  time.Time
	LastAt   time.Time
	Detail   map[string]string
}

// AlarmInput raises an alarm.
type AlarmInput struct {
	Owner    string
	Kind     AlarmKind
	Subject  string
	DaysLeft *int64
	Detail   map[string]string // nothing secret
}

// RaiseTx keeps an alarm in the caller's transaction of the tenant: one open row per owner,
// kind and subject. worse is false if it was known already and no threshold was passed since.
func (v *Vault) RaiseTx(ctx context.Context, tx tenantdb.Tx, in AlarmInput) (worse bool, err error) {
	return v.raise(ctx, tx, tx.TenantID(), in)
}

func (v *Vault) raise(ctx context.Context, tx tenantdb.Tx, id tenant.ID, in AlarmInput) (worse bool, err error) {
	if in.Detail == nil {
		in.Detail = map[string]string{}
	}
	detail, err := json.Marshal(in.Detail)
	if err != nil {
		return false, err
	}
	return v.q.RaiseAlarm(ctx, tx, vaultdb.RaiseAlarmParams{
		TenantID: id.String(), Owner: in.Owner, Kind: string(in.Kind), Subject: in.Subject, DaysLeft: in.DaysLeft, Detail: detail, Now: tx.Now(),
	})
}

// ResolveTx ends an owner's alarms of some kinds, in the caller's transaction of the tenant:
// its keys were stored again.
func (v *Vault) ResolveTx(ctx context.Context, tx tenantdb.Tx, owner string, kinds ...AlarmKind) error {
	texts := make([]string, 0, len(kinds))
	for _, k := range kinds {
		texts = append(texts, string(k))
	}
	_, err := v.q.ResolveAlarms(ctx, tx, tx.Now(), tx.TenantID().String(), owner, texts)
	tx.AfterCommit(v.alarms.forget)
	return err
}

// ResolveSubjectTx ends one alarm, in the caller's transaction of the tenant.
func (v *Vault) ResolveSubjectTx(ctx context.Context, tx tenantdb.Tx, owner string, kind AlarmKind, subject string) error {
	_, err := v.q.ResolveAlarm(ctx, tx, tx.Now(), tx.TenantID().String(), owner, string(kind), subject)
	return err
}

// Alarms lists a tenant's open alarms, newest first.
func (v *Vault) Alarms(ctx context.Context, id tenant.ID) ([]Alarm, error) {
	rows, err := v.q.Alarms(ctx, v.db.Platform(), id.String())
	if err != nil {
		return nil, fmt.Errorf("list key alarms: %w", err)
	}
	list := make([]Alarm, 0, len(rows))
	for _, r := range rows {
		list = append(list, alarmFromRow(id, r))
	}
	return list, nil
}

// AllAlarms lists open alarms of all tenants, newest first, for those who run the platform.
func (v *Vault) AllAlarms(ctx context.Context, limit int) ([]Alarm, error) {
	rows, err := v.q.AllAlarms(ctx, v.db.Platform(), int32(limit))
	if err != nil {
		return nil, fmt.Errorf("list key alarms: %w", err)
	}
	list := make([]Alarm, 0, len(rows))
	for _, r := range rows {
		id, err := tenant.ParseID(r.TenantID)
		if err != nil {
			return nil, err
		}
		list = append(list, alarmFromRow(id, vaultdb.AlarmsRow(r)))
	}
	return list, nil
}

// AlarmKinds lists all of them.
func AlarmKinds() []AlarmKind { return []AlarmKind{Damaged, Expiry, Idle, Spike} }

// HandleTx ends an alarm that a person has looked after, in the caller's platform
// transaction, and returns it. Faults: NOT_FOUND, also for one that is over.
func (v *Vault) HandleTx(ctx context.Context, tx tenantdb.Tx, alarmID int64, by string) (Alarm, error) {
	now := tx.Now()
	r, err := v.q.HandleAlarm(ctx, tx, &now, by, alarmID)
	if tenantdb.NoRows(err) {
		return Alarm{}, fault.ErrNotFound
	}
	if err != nil {
		return Alarm{}, fmt.Errorf("end key alarm: %w", err)
	}
	id, err := tenant.ParseID(r.TenantID)
	if err != nil {
		return Alarm{}, err
	}
	tx.AfterCommit(v.alarms.forget)
	return alarmFromRow(id, vaultdb.AlarmsRow(r)), nil
}

func alarmFromRow(id tenant.ID, r vaultdb.AlarmsRow) Alarm {
	detail := map[string]string{}
	_ = json.Unmarshal(r.Detail, &detail) // what cannot be read is left out
	return Alarm{
		Detail: detail,
		ID:     r.ID, TenantID: id, Owner: r.Owner, Kind: AlarmKind(r.Kind), Subject: r.Subject, DaysLeft: r.DaysLeft,
		Seen: int(r.Seen), FirstAt: r.FirstAt, LastAt: r.LastAt,
	}
}

// raiseDamaged keeps that a field did not open, once a minute.
func (v *Vault) raiseDamaged(ctx context.Context, f Field) error {
	if !v.alarms.due(f, v.now()) {
		return nil
	}
	return v.db.InPlatform(ctx, func(tx tenantdb.Tx) error {
		_, err := v.raise(ctx, tx, f.Tenant, AlarmInput{Owner: f.Owner, Kind: Damaged, Subject: f.Name})
		return err
	})
}

// alarms bounds how often the same matter is written.
type alarms struct {
	mu   sync.Mutex
	last map[Field]time.Time
}

const (
	alarmEvery = time.Minute
	mostAlarms = 1000
)

func newAlarms() *alarms { return &alarms{last: make(map[Field]time.Time)} }

func (a *alarms) due(f Field, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last, ok := a.last[f]; ok && now.Sub(last) < alarmEvery {
		return false
	}
	if len(a.last) >= mostAlarms {
		clear(a.last)
	}
	a.last[f] = now
	return true
}

func (a *alarms) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.last)
}
