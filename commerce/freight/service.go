package freight

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"galleria/commerce/division"
	"galleria/commerce/freight/internal/freightdb"
	"galleria/tenant"
	"galleria/tenant/audit"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Deps is what the service needs; all of it is required.
type Deps struct {
	DB    *tenantdb.DB
	Audit *audit.Log
}

// Service keeps the templates of all shops. Safe for concurrent use.
type Service struct {
	d         Deps
	q         *freightdb.Queries
	divisions *division.Table
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{d: d, q: freightdb.New(), divisions: division.Load()}
}

// Divisions is the table that regions are chosen from.
func (s *Service) Divisions() *division.Table { return s.divisions }

// List returns the shop's templates, the default one first. One statement.
func (s *Service) List(ctx context.Context, id tenant.ID) ([]Template, error) {
	return s.list(ctx, id, 0)
}

// Get returns one template. One statement. Faults: NOT_FOUND.
func (s *Service) Get(ctx context.Context, id tenant.ID, templateID int64) (Template, error) {
	if templateID < 1 {
		return Template{}, fault.ErrNotFound
	}
	list, err := s.list(ctx, id, templateID)
	if err == nil && len(list) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Template{}, err
	}
	return list[0], nil
}

func (s *Service) list(ctx context.Context, id tenant.ID, templateID int64) (list []Template, err error) {
	err = s.d.DB.Read(ctx, id, func(r *tenantdb.Reader) error {
		rows, err := s.q.List(ctx, r, templateID)
		if err != nil {
			return err
		}
		list = make([]Template, len(rows))
		for i, row := range rows {
			list[i] = Template{ID: row.ID, Name: row.Name, Unit: Unit(row.Unit), Default: row.IsDefault, Version: row.Version, Products: row.Products}
			if err := json.Unmarshal(row.Rules, &list[i].Rules); err != nil {
				return fmt.Errorf("rules of template %d: %w", row.ID, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list freight templates: %w", err)
	}
	return list, nil
}

// Save adds a template, or changes the one whose ID it bears, if it is still of this Version;
// its unit stays. The one that becomes the default takes the place of the one that was. Opens
// a transaction. Faults: VALIDATION, NOT_FOUND, FREIGHT_CHANGED, FREIGHT_NAME, FREIGHT_LIMIT.
func (s *Service) Save(ctx context.Context, id tenant.ID, t Template, actor string) (templateID int64, err error) {
	if err := t.Check(s.divisions); err != nil {
		return 0, fmt.Errorf("save freight template: %w", err)
	}
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		all, err := s.q.LockAll(ctx, tx)
		if err != nil {
			return err
		}
		templateID, err = s.save(ctx, tx, t, all, actor)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save freight template: %w", err)
	}
	return templateID, nil
}

func (s *Service) save(ctx context.Context, tx tenantdb.Tx, t Template, all []freightdb.LockAllRow, actor string) (int64, error) {
	before, err := fits(t, all)
	if err != nil {
		return 0, err
	}
	rules, err := json.Marshal(t.Rules)
	if err != nil {
		return 0, err
	}
	if t.Default {
		if err := s.q.ClearDefault(ctx, tx, t.ID); err != nil {
			return 0, err
		}
	}
	action := "freight.update"
	switch {
	case t.ID != 0:
		err = s.q.Change(ctx, tx, t.Name, rules, t.Default, tx.Now(), t.ID)
	case len(all) >= MaxTemplates:
		return 0, ErrMany
	default:
		action = "freight.add"
		t.ID, err = s.q.Add(ctx, tx, t.Name, string(t.Unit), rules, t.Default, tx.Now())
	}
	if err != nil {
		return 0, err
	}
	return t.ID, s.d.Audit.RecordTx(ctx, tx, audit.Entry{
		Actor: actor, Action: action, Object: object(t.ID), Before: before, After: facts(t.Name, t.Default, rules), Detail: map[string]any{"name": t.Name},
	})
}

// fits refuses a template that cannot stand beside the others, and says what it was before.
func fits(t Template, all []freightdb.LockAllRow) (before map[string]any, err error) {
	for _, row := range all {
		switch {
		case row.ID != t.ID && row.Name == t.Name:
			return nil, ErrName
		case row.ID != t.ID:
		case row.Version != t.Version:
			return nil, ErrStale
		case row.Unit != string(t.Unit):
			return nil, fault.Invalidf("unit", "stays as it is")
		default:
			before = facts(row.Name, row.IsDefault, row.Rules)
		}
	}
	if t.ID != 0 && before == nil {
		return nil, fault.ErrNotFound
	}
	return before, nil
}

// facts is what the log compares of a template.
func facts(name string, isDefault bool, rules []byte) map[string]any {
	var r Rules
	if json.Unmarshal(rules, &r) != nil {
		return map[string]any{"name": name}
	}
	again, err := json.Marshal(r) // jsonb has an order of its own
	if err != nil {
		return map[string]any{"name": name}
	}
	return map[string]any{"name": name, "default": isDefault, "rules": string(again)}
}

func object(templateID int64) string { return "freight:" + strconv.FormatInt(templateID, 10) }

// Copy adds a template with the rules of another one, under a name of its own. Opens a
// transaction. Faults: NOT_FOUND, FREIGHT_LIMIT.
func (s *Service) Copy(ctx context.Context, id tenant.ID, templateID int64, suffix, actor string) (copied int64, err error) {
	err = s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		all, err := s.q.LockAll(ctx, tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(row freightdb.LockAllRow) bool { return row.ID == templateID })
		if i < 0 {
			return fault.ErrNotFound
		}
		t := Template{Name: freeName(all[i].Name, suffix, all), Unit: Unit(all[i].Unit)}
		if err := json.Unmarshal(all[i].Rules, &t.Rules); err != nil {
			return err
		}
		copied, err = s.save(ctx, tx, t, all, actor)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("copy freight template: %w", err)
	}
	return copied, nil
}

// freeName makes a name that no other template has.
func freeName(name, suffix string, all []freightdb.LockAllRow) string {
	for n := 1; ; n++ {
		tail := suffix
		if n > 1 {
			tail += strconv.Itoa(n)
		}
		head := []rune(name)
		if over := len(head) + len([]rune(tail)) - MaxName; over > 0 {
			head = head[:max(0, len(head)-over)]
		}
		made := string(head) + tail
		if !slices.ContainsFunc(all, func(row freightdb.LockAllRow) bool { return row.Name == made }) {
			return made
		}
	}
}

// Delete removes a template that no product names. The default one can go last only: then
// all goods go free. Opens a transaction. Faults: NOT_FOUND, FREIGHT_USED, FREIGHT_DEFAULT.
func (s *Service) Delete(ctx context.Context, id tenant.ID, templateID int64, actor string) error {
	err := s.d.DB.InTenant(ctx, id, func(tx tenantdb.Tx) error {
		all, err := s.q.LockAll(ctx, tx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(row freightdb.LockAllRow) bool { return row.ID == templateID })
		if i < 0 {
			return fault.ErrNotFound
		}
		if all[i].IsDefault && len(all) > 1 {
			return ErrDefault
		}
		err = s.q.Remove(ctx, tx, templateID)
		if tenantdb.Violates(err, "spu_freight_id_fkey") {
			return ErrUsed
		}
		if err != nil {
			return err
		}
		return s.d.Audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "freight.delete", Object: object(templateID), Detail: map[string]any{"name": all[i].Name}})
	})
	if err != nil {
		return fmt.Errorf("delete freight template: %w", err)
	}
	return nil
}
