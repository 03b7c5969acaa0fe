package console

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/catalog"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
)

var movedForm = regexp.MustCompile(`^(up|down)-[0-9]{1,18}$`)

// movedWord names the button that was pressed, so that it keeps the focus.
func movedWord(c *fiber.Ctx) string {
	if word := c.Query("moved"); movedForm.MatchString(word) {
		return word
	}
	return ""
}

// categoryList shows the shop's categories in their order.
func (s *Console) categoryList(c *fiber.Ctx, v *visit) error {
	return s.categoryPage(c, v, view.CategoryList{Moved: movedWord(c), Done: done(c, v)})
}

func (s *Console) categoryPage(c *fiber.Ctx, v *visit, l view.CategoryList) error {
	rows, err := s.pages.CategoryTree(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	l.Rows, l.MayUpdate = rows, v.granted[authz.ProductUpdate]
	for _, row := range rows {
		if row.Depth < catalog.MaxDepth {
			l.Parents = append(l.Parents, view.Choice{Value: itoa64(row.ID), Label: strings.Repeat("\u3000", int(row.Depth)-1) + row.Name})
		}
	}
	return render(c, view.CategoryListPage(s.page(c, v, v.text.T("category.title"), "nav.products"), l))
}

// categorySave adds or changes a category, or removes it.
func (s *Console) categorySave(c *fiber.Ctx, v *visit) error {
	var id int64
	if c.Params("id") != "" {
		var err error
		if id, err = pathID(c, "id"); err != nil {
			return err
		}
	}
	typedParts(c)
	f := view.ArrangeForm{ID: id, Name: strings.TrimSpace(form(c, "name")), Parent: form(c, "parent"), Params: form(c, "params"), Hidden: form(c, "hidden") != ""}
	what := "category_saved"
	var err error
	if form(c, "do") == "delete" {
		what, err = "category_deleted", s.Products.DeleteCategory(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID))
	} else {
		in := catalog.CategoryInput{Name: f.Name, Hidden: f.Hidden, Params: strings.FieldsFunc(f.Params, parted)}
		in.ParentID, _ = strconv.ParseInt(f.Parent, 10, 64)
		var sent *string
		if sent, err = s.onePicture(c, v); err == nil {
			if in.KeepPicture = sent == nil; sent != nil {
				in.Picture = *sent
			}
			_, err = s.Products.SaveCategory(c.UserContext(), v.shop.ID, id, in, actor(v.session.StaffID))
		}
	}
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/categories?done="+what), fiber.StatusSeeOther)
	}
	if err = s.arrangeRefused(c, v, &f, err); err != nil {
		return err
	}
	return s.categoryPage(c, v, view.CategoryList{Form: f})
}

// parted reports a sign that people write between the items of a list.
func parted(r rune) bool { return strings.ContainsRune(",，、;；\n", r) }

// onePicture is the address of the one picture that a form came with, "" if it is to be taken
// away, or nil if it stays as it is. Faults: those of picture.Service.Take.
func (s *Console) onePicture(c *fiber.Ctx, v *visit) (*string, error) {
	var address string
	if sent, err := c.MultipartForm(); err == nil {
		for _, header := range sent.File["file"] {
			if header.Size == 0 {
				continue // nothing was chosen
			}
			if address, err = s.takePicture(c, v, header); err != nil {
				return nil, err
			}
			return &address, nil
		}
	}
	if form(c, "drop") == "" {
		return nil, nil
	}
	return &address, nil
}

// arrangeRefused writes a refusal next to the field that it is about, and returns what is none.
func (s *Console) arrangeRefused(c *fiber.Ctx, v *visit, f *view.ArrangeForm, err error) error {
	refused, _ := errors.AsType[*fault.Error](err)
	if refused != nil && strings.HasPrefix(refused.Code(), "PICTURE_") {
		f.PictureProblem = textOf(v, err)
	} else {
		f.Problem = arrangeProblem(v, err)
	}
	if f.Problem == "" && f.PictureProblem == "" {
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return nil
}

// arrangeProblem is the sentence of a refusal; "" for what is none.
func arrangeProblem(v *visit, err error) string {
	if errors.Is(err, fault.ErrNotFound) {
		return ""
	}
	if refused, ok := errors.AsType[*fault.Error](err); ok && refused.Kind() == fault.Invalid {
		for _, field := range refused.Fields() {
			switch field.Path {
			case "parent_id":
				return v.text.T("category.problem.parent", catalog.MaxDepth)
			case "params":
				return v.text.T("category.problem.params", catalog.MaxParams, catalog.MaxParamName)
			}
		}
		return v.text.T("category.problem.name", catalog.MaxTitle)
	}
	return sentence(v, err)
}

// categoryMove lets a category change places with its neighbour.
func (s *Console) categoryMove(c *fiber.Ctx, v *visit) error {
	return s.move(c, v, "categories", s.Products.MoveCategory)
}

// move changes the place of one of a list and comes back to its button.
func (s *Console) move(c *fiber.Ctx, v *visit, page string, by func(ctx context.Context, shop tenant.ID, id int64, step catalog.Step, actor string) error) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	step, word := catalog.Down, "down"
	if form(c, "step") == "up" {
		step, word = catalog.Up, "up"
	}
	if err := by(c.UserContext(), v.shop.ID, id, step, actor(v.session.StaffID)); err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/"+page+"?moved="+word+"-"+itoa64(id)), fiber.StatusSeeOther)
}

// brandList shows the shop's brands in their order.
func (s *Console) brandList(c *fiber.Ctx, v *visit) error {
	return s.brandPage(c, v, view.BrandList{Moved: movedWord(c), Done: done(c, v)})
}

func (s *Console) brandPage(c *fiber.Ctx, v *visit, l view.BrandList) error {
	rows, err := s.pages.Brands(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	l.Rows, l.MayUpdate = rows, v.granted[authz.ProductUpdate]
	return render(c, view.BrandListPage(s.page(c, v, v.text.T("brand.title"), "nav.products"), l))
}

// brandSave adds or changes a brand, or removes it.
func (s *Console) brandSave(c *fiber.Ctx, v *visit) error {
	var id int64
	if c.Params("id") != "" {
		var err error
		if id, err = pathID(c, "id"); err != nil {
			return err
		}
	}
	typedParts(c)
	f := view.ArrangeForm{ID: id, Name: strings.TrimSpace(form(c, "name"))}
	what := "brand_saved"
	var err error
	if form(c, "do") == "delete" {
		what, err = "brand_deleted", s.Products.DeleteBrand(c.UserContext(), v.shop.ID, id, actor(v.session.StaffID))
	} else {
		var logo *string
		if logo, err = s.onePicture(c, v); err == nil {
			_, err = s.Products.SaveBrand(c.UserContext(), v.shop.ID, id, f.Name, logo, actor(v.session.StaffID))
		}
	}
	if err == nil {
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/brands?done="+what), fiber.StatusSeeOther)
	}
	if err = s.arrangeRefused(c, v, &f, err); err != nil {
		return err
	}
	return s.brandPage(c, v, view.BrandList{Form: f})
}

// brandMove lets a brand change places with its neighbour.
func (s *Console) brandMove(c *fiber.Ctx, v *visit) error {
	return s.move(c, v, "brands", s.Products.MoveBrand)
}
