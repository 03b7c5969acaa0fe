package console

import (
	"crypto/rand"
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/listing"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// productBulk does one thing to the products that were ticked, and says what became of each.
// What cannot be undone is asked for a second time.
func (s *Console) productBulk(c *fiber.Ctx, v *visit) error {
	in := bulkInput(c, v)
	back := view.Shop{Handle: v.shop.Handle}.URL("/products")
	if len(in.IDs) == 0 || (in.Act == listing.BulkCategory && in.CategoryID == 0) {
		return c.Redirect(back+"?done=bulk_none", fiber.StatusSeeOther)
	}
	titles, err := s.pages.ProductTitles(c.UserContext(), v.shop.ID, in.IDs)
	if err != nil {
		return err
	}
	out := view.Bulk{Act: string(in.Act), Shelf: form(c, "shelf")}
	p := s.page(c, v, v.text.T("product.title"), "nav.products")
	if in.Act == listing.BulkPurge && form(c, "confirm") != "1" {
		out.Confirm, out.Rows = true, bulkToConfirm(in.IDs, titles)
		return render(c, view.BulkPage(p, out))
	}
	rows, err := s.Products.Bulk(c.UserContext(), v.shop.ID, in)
	if errors.Is(err, fault.ErrValidation) {
		return c.Redirect(back+"?done=bulk_none", fiber.StatusSeeOther)
	}
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Err == nil {
			out.Done++
		}
		title := titles[row.ID]
		if title == "" {
			title = "#" + itoa64(row.ID)
		}
		out.Rows = append(out.Rows, view.BulkRow{ID: row.ID, Title: title, Problem: textOf(v, row.Err)})
	}
	return render(c, view.BulkPage(p, out))
}

// bulkInput is what was ticked and what is to be done to it.
func bulkInput(c *fiber.Ctx, v *visit) listing.BulkInput {
	in := listing.BulkInput{Act: listing.BulkAct(form(c, "act")), Editor: editor(v)}
	for _, text := range formAll(c, "id") {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 {
			in.IDs = append(in.IDs, id)
		}
	}
	in.CategoryID, _ = strconv.ParseInt(form(c, "category"), 10, 64)
	return in
}

// bulkToConfirm are the ticked products that there are.
func bulkToConfirm(ids []int64, titles map[int64]string) (rows []view.BulkRow) {
	for _, id := range ids {
		if titles[id] != "" {
			rows = append(rows, view.BulkRow{ID: id, Title: titles[id]})
		}
	}
	return rows
}

// productCopy makes a draft like a product and opens it in its form.
func (s *Console) productCopy(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	key := form(c, "key")
	if len(key) < 8 || len(key) > 64 {
		key = rand.Text()
	}
	copied, err := s.Products.Copy(c.UserContext(), v.shop.ID, listing.CopyInput{
		ID: id, Suffix: v.text.T("product.copy_suffix"), Key: key, Editor: editor(v),
	})
	if problem := sentence(v, err); err != nil && problem != "" && !errors.Is(err, fault.ErrNotFound) {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.productPage(c, v, id, problem)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/products/"+itoa64(copied)+"?done=product_copied"), fiber.StatusSeeOther)
}
