package miniapi

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"galleria/commerce/aftersale"
	"galleria/commerce/order"
)

// A client learns from the contract which buttons there can be.
func TestTheContractNamesEveryActionOfABuyer(t *testing.T) {
	t.Parallel()
	named := func(of any, event string) {
		t.Helper()
		field, _ := reflect.TypeOf(of).FieldByName("Actions")
		words := strings.FieldsFunc(field.Tag.Get("doc"), func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz_", r) })
		if !slices.Contains(words, event) {
			t.Errorf("%T has the action %s, which its contract does not name", of, event)
		}
	}
	for _, r := range order.Transitions() {
		if r.From != order.None && slices.Contains(r.By, order.Member) {
			named(Order{}, string(r.Event))
		}
	}
	for _, d := range order.Deeds() {
		if slices.Contains(d.By, order.Member) {
			named(Order{}, string(d.Event))
		}
	}
	for _, r := range aftersale.Transitions() {
		if r.From != "" && slices.Contains(r.By, aftersale.Member) {
			named(AfterSale{}, string(r.Event))
		}
	}
	named(AfterSale{}, string(aftersale.EventSay))
}
