package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"galleria/migrations"
)

// T112: each thing that production must not stand on is refused by name, with the way to
// mend it.
func TestT112GuardNamesSettingAndFix(t *testing.T) {
	t.Parallel()
	sound := func() migrations.Server {
		return migrations.Server{
			Settings: map[string]string{"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"},
			Roles:    []migrations.Role{{Name: "owner", Owner: true, CreateRole: true, Owns: 99}, {Name: "galleria_app"}},
		}
	}
	if found := unsafeDatabase(sound()); found != nil {
		t.Fatalf("a sound database is refused: %v", found)
	}
	for _, policy := range []string{"noeviction", ""} { // managed services hide it
		if found := unsafeQueue(redisState{policy: policy}); found != nil {
			t.Errorf("policy %q is refused: %v", policy, found)
		}
	}
	off := func(name string) func(*migrations.Server) {
		return func(s *migrations.Server) { s.Settings[name] = "off" }
	}
	for name, c := range map[string]struct {
		spoil func(*migrations.Server)
		says  []string
	}{
		"fsync":              {off("fsync"), []string{"fsync", "ALTER SYSTEM SET fsync = on"}},
		"synchronous_commit": {off("synchronous_commit"), []string{"synchronous_commit", "ALTER SYSTEM"}},
		"full_page_writes":   {off("full_page_writes"), []string{"full_page_writes", "ALTER SYSTEM"}},
		"superuser owner":    {func(s *migrations.Server) { s.Roles[0].Superuser = true }, []string{"DATABASE_URL", "superuser", "NOSUPERUSER"}},
		"superuser login":    {func(s *migrations.Server) { s.Roles[1].Superuser = true }, []string{"galleria_app", "NOSUPERUSER"}},
		"row policies":       {func(s *migrations.Server) { s.Roles[1].BypassRLS = true }, []string{"galleria_app", "NOBYPASSRLS"}},
	} {
		s := sound()
		c.spoil(&s)
		err := errors.Join(unsafeDatabase(s)...)
		if !errors.Is(err, ErrUnsafe) {
			t.Errorf("%s: %v, want it refused", name, err)
			continue
		}
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %v, want it to say %q", name, err, word)
			}
		}
	}
	for _, policy := range []string{"allkeys-lru", "volatile-ttl", "allkeys-random"} {
		err := errors.Join(unsafeQueue(redisState{policy: policy})...)
		if !errors.Is(err, ErrUnsafe) || !strings.Contains(err.Error(), "REDIS_URL") || !strings.Contains(err.Error(), "noeviction") {
			t.Errorf("policy %s: %v", policy, err)
		}
	}
}

// Every finding can be said in both languages, with the arguments it is noted with.
func TestDoctorSpeaksBothLanguages(t *testing.T) {
	t.Parallel()
	for code, a := range advices() {
		if a.zh == "" || a.en == "" || (a.mendZH == "") != (a.mendEN == "") {
			t.Errorf("%s: a text is missing", code)
		}
		if strings.Count(a.zh, "%") != strings.Count(a.en, "%") {
			t.Errorf("%s: the languages take different arguments", code)
		}
	}
	if what, _ := (Finding{Code: "clock.off", args: []any{"Redis", 3 * time.Second}}).Text("zh"); !strings.Contains(what, "Redis") || !strings.Contains(what, "3s") {
		t.Errorf("clock: %s", what)
	}
}

func TestClocksAreComparedLessWhatAskingTook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		offset clockOffset
		want   bool
	}{
		"unknown":          {clockOffset{}, false},
		"exact":            {clockOffset{ahead: 0, known: true}, false},
		"slow to ask":      {clockOffset{ahead: 3 * time.Second, error: 2 * time.Second, known: true}, false},
		"ahead":            {clockOffset{ahead: 3 * time.Second, known: true}, true},
		"behind":           {clockOffset{ahead: -3 * time.Second, known: true}, true},
		"below the limit":  {clockOffset{ahead: 2 * time.Second, known: true}, false},
		"far, roughly met": {clockOffset{ahead: time.Minute, error: 5 * time.Second, known: true}, true},
	} {
		if got := c.offset.off(clockLimit); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	o := measureOffset(func() (int64, error) { return time.Now().Add(time.Hour).UnixNano(), nil })
	if !o.off(time.Minute) || o.ahead < 59*time.Minute || o.ahead > 61*time.Minute {
		t.Errorf("measured %+v, want an hour", o)
	}
}
