package console

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/console/readmodel"
	"galleria/console/view"
)

// ticked reads the numbers of the boxes that are ticked, each once.
func ticked(c *fiber.Ctx, name string) (ids []int64) {
	for _, text := range formAll(c, name) {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// productPicker lets products be chosen: those that are, and those that a search of the same
// form found.
func (s *Console) productPicker(c *fiber.Ctx, v *visit, name, label string, chosen []int64) (view.Picker, error) {
	k := view.Picker{Name: name, Label: label, Search: true, Query: searchWords(form(c, name+"_q"))}
	if len(chosen) > 0 {
		titles, err := s.pages.ProductTitles(c.UserContext(), v.shop.ID, chosen)
		if err != nil {
			return k, err
		}
		for _, id := range chosen {
			title := titles[id]
			if title == "" {
				title = v.text.T("picker.gone", itoa64(id))
			}
			k.Chosen = append(k.Chosen, view.Pick{ID: id, Label: title})
		}
	}
	if form(c, "find") != name || k.Query == "" {
		return k, nil
	}
	k.Looked = true
	page, err := s.pages.Products(c.UserContext(), v.shop.ID, readmodel.ProductFilter{Query: k.Query})
	for _, row := range page.Rows {
		if !slices.Contains(chosen, row.ID) {
			k.Picks = append(k.Picks, view.Pick{ID: row.ID, Label: row.Title})
		}
	}
	return k, err
}

// categoryPicker lets categories be chosen out of the shop's tree.
func (s *Console) categoryPicker(c *fiber.Ctx, v *visit, name, label string, chosen []int64) (view.Picker, error) {
	k := view.Picker{Name: name, Label: label}
	tree, err := s.pages.CategoryTree(c.UserContext(), v.shop.ID)
	for _, node := range tree {
		pick := view.Pick{ID: node.ID, Label: node.Name, Depth: node.Depth}
		if k.Picks = append(k.Picks, pick); slices.Contains(chosen, node.ID) {
			k.Chosen = append(k.Chosen, pick)
		}
	}
	return k, err
}
