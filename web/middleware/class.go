package middleware

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"galleria/web/envelope"
)

// Class is which door a request knocks at. Classes are few and fixed: budgets, places and
// measurements go by them.
type Class string

// The classes.
const (
	ClassAPI      Class = "api"      // Mini Programs
	ClassCallback Class = "callback" // payment providers
	ClassConsole  Class = "console"  // merchants' staff
	ClassAsset    Class = "asset"    // files and pictures, from memory
	ClassOther    Class = "other"    // the contract, and addresses that do not exist
)

// Classes lists all of them.
func Classes() []Class {
	return []Class{ClassAPI, ClassCallback, ClassConsole, ClassAsset, ClassOther}
}

// ClassOf tells the class of an address by its first part.
func ClassOf(path string) Class {
	switch {
	case strings.HasPrefix(path, "/api/"):
		return ClassAPI
	case strings.HasPrefix(path, "/notify/"):
		return ClassCallback
	case strings.HasPrefix(path, "/console/static/"), strings.HasPrefix(path, "/media/"):
		return ClassAsset
	case path == "/console", strings.HasPrefix(path, "/console/"):
		return ClassConsole
	}
	return ClassOther
}

// LocalRefusal is the fiber local in which a refusal waits for a door that answers with
// pages of its own: the console shows it as one.
const LocalRefusal = "refusal"

// refuse ends a request over its limits: at once, or by the door that has pages.
func refuse(c *fiber.Ctx, err error) error {
	if ClassOf(c.Path()) != ClassConsole {
		return err
	}
	c.Locals(LocalRefusal, err)
	return c.Next()
}

// Measured is one finished request, for counting. It holds nothing that many requests do
// not have in common.
type Measured struct {
	Class  Class
	Status int
	Code   string // of the failure, empty for a success
	Took   time.Duration
}

// Measure tells every finished request to observe. It stands outside Access, so that it
// sees the status that was sent.
func Measure(observe func(Measured), now func() time.Time) fiber.Handler {
	return func(c *fiber.Ctx) error {
		start := now()
		class := ClassOf(c.Path())
		err := c.Next()
		m := Measured{Class: class, Status: c.Response().StatusCode(), Code: "", Took: now().Sub(start)}
		if r := envelope.RecordOf(c.UserContext()); r != nil {
			m.Code = r.Code
		}
		observe(m)
		return err
	}
}
