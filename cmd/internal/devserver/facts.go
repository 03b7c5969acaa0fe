package devserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"galleria/cmd/internal/app"
	"galleria/cmd/internal/demo"
)

// facts is what a person or a script needs to know of a running dev server.
type facts struct {
	API         string  `json:"api"`     // origin; the API is below /api/v1
	Console     string  `json:"console"` // sign-in page
	Sandbox     string  `json:"sandbox"` // origin of the providers' side
	Docs        string  `json:"docs"`
	Shops       []shop  `json:"shops"`
	Logins      []login `json:"logins"`
	DatabaseURL string  `json:"database_url"`
	RedisURL    string  `json:"redis_url"`
}

type shop struct {
	Name   string `json:"name"`
	Handle string `json:"handle"`
	AppID  string `json:"app_id"`
}

type login struct {
	Role     string `json:"role"`
	User     string `json:"user"`
	Password string `json:"password"`
}

func newFacts(cfg app.Config, sandboxURL string, r demo.Result) facts {
	f := facts{
		API: cfg.PublicURL, Console: cfg.PublicURL + "/console", Sandbox: sandboxURL, Docs: cfg.PublicURL + "/docs",
		DatabaseURL: cfg.DatabaseURL, RedisURL: cfg.RedisURL,
	}
	for _, s := range r.Shops {
		f.Shops = append(f.Shops, shop{s.Name, s.Handle, s.AppID})
	}
	for _, l := range r.Logins {
		f.Logins = append(f.Logins, login{l.Role, l.User, l.Password})
	}
	return f
}

// clearFacts makes room for the info file, so that whoever waits for it does not find that of
// an earlier start, and that a path which cannot be written is told before anything is started.
func clearFacts(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("info file: %s is there already and is no file", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("info file: %w", err)
	}
	draft, err := draftOf(path)
	if err == nil {
		err = errors.Join(os.WriteFile(draft, nil, 0o600), os.Remove(draft))
	}
	if err != nil {
		return fmt.Errorf("info file: %w", err)
	}
	return nil
}

// draftOf is where the file at path is written first. It makes the folder.
func draftOf(path string) (string, error) {
	return path + ".new", os.MkdirAll(filepath.Dir(path), 0o755) //nolint:gosec // an ordinary folder
}

// write puts the facts into a file that appears whole: whoever waits for it can read it
// as soon as it is there. It holds passwords, so only its owner reads it.
func (f facts) write(path string) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	tmp, err := draftOf(path)
	if err != nil {
		return fmt.Errorf("info file: %w", err)
	}
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("info file: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("info file: %w", err)
	}
	return nil
}

// print tells a person where everything is and how to buy something.
func (f facts) print(w io.Writer, data string) error {
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line("")
	line("Galleria is running.")
	line("")
	line("  Console   %s", f.Console)
	for _, l := range f.Logins {
		line("            %-6s  %-22s  %s", l.Role, l.User, l.Password)
	}
	line("            open a shop of your own: %s/signup", f.Console)
	line("            mails and text messages that would go out: %s/dev/messages", f.Console)
	line("  API       %s/api/v1   (%s)", f.API, f.Docs)
	for _, s := range f.Shops {
		line("            X-App-Id: %s  %s", s.AppID, s.Name)
	}
	line("  Sandbox   %s   WeChat Pay, Alipay, UnionPay and logins to play with", f.Sandbox)
	line("  Data      %s", data)
	line("")
	line("Buy something: paste these lines into another terminal, one by one.")
	line("")
	for _, step := range f.walk() {
		line("  %s", step)
	}
	line("")
	line("Then look at the order in the console. Ctrl-C ends everything.")
	_, err := io.WriteString(w, b.String())
	return err
}
