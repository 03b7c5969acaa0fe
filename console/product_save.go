package console

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime/multipart"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/catalog"
	"galleria/commerce/inventory"
	"galleria/commerce/listing"
	"galleria/commerce/picture"
	"galleria/console/authz"
	"galleria/console/readmodel"
	"galleria/console/view"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/idempotency"
)

// Products saves products; *listing.Service is one.
type Products interface {
	Save(ctx context.Context, id tenant.ID, in listing.SaveInput) (int64, error)
	SetShelf(ctx context.Context, id tenant.ID, productID int64, to catalog.ShelfStatus, by listing.Editor) error
	Copy(ctx context.Context, id tenant.ID, in listing.CopyInput) (int64, error)
	Bulk(ctx context.Context, id tenant.ID, in listing.BulkInput) ([]listing.BulkRow, error)
	Reprice(ctx context.Context, id tenant.ID, in listing.PriceInput) ([]listing.PriceRow, error)
	Approvals
	SaveCategory(ctx context.Context, shop tenant.ID, id int64, in catalog.CategoryInput, actor string) (int64, error)
	MoveCategory(ctx context.Context, shop tenant.ID, id int64, step catalog.Step, actor string) error
	DeleteCategory(ctx context.Context, shop tenant.ID, id int64, actor string) error
	SaveBrand(ctx context.Context, shop tenant.ID, id int64, name string, logo *string, actor string) (int64, error)
	MoveBrand(ctx context.Context, shop tenant.ID, id int64, step catalog.Step, actor string) error
	DeleteBrand(ctx context.Context, shop tenant.ID, id int64, actor string) error
	Stock
}

// Pictures takes uploads; *picture.Service is one.
type Pictures interface {
	Take(ctx context.Context, id tenant.ID, in picture.TakeInput) (address string, err error)
	Delete(ctx context.Context, id tenant.ID, pictureID int64) error
}

// productNew shows an empty form.
func (s *Console) productNew(c *fiber.Ctx, v *visit) error {
	f := readProductForm(map[string][]string{"on_0_0_0": {"1"}})
	f.Key, f.OnShelf, f.Dirty = rand.Text(), true, false
	usual := catalog.UsualVoucher()
	f.VoucherUses, f.VoucherDays, f.VoucherRefunds = itoa64(int64(usual.Uses)), itoa64(int64(usual.Days)), usual.Refunds
	return s.productFormPage(c, v, f)
}

// productEdit shows a product in its form.
func (s *Console) productEdit(c *fiber.Ctx, v *visit) error {
	product, err := s.productOf(c, v)
	if err != nil {
		return err
	}
	return s.productFormPage(c, v, formOf(product))
}

func (s *Console) productOf(c *fiber.Ctx, v *visit) (readmodel.ProductDetail, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return readmodel.ProductDetail{}, err
	}
	return s.pages.Product(c.UserContext(), v.shop.ID, id)
}

func (s *Console) productFormPage(c *fiber.Ctx, v *visit, f *productForm) error {
	choices, err := s.pages.FormChoices(c.UserContext(), v.shop.ID)
	if err != nil {
		return err
	}
	for _, category := range choices.Categories {
		f.Categories = append(f.Categories, view.Choice{Value: itoa64(category.ID), Label: category.Name})
	}
	for _, brand := range choices.Brands {
		f.Brands = append(f.Brands, view.Choice{Value: itoa64(brand.ID), Label: brand.Name})
	}
	for _, template := range choices.Freights {
		f.Freights = append(f.Freights, view.Choice{Value: itoa64(template.ID), Label: template.Name})
	}
	for _, known := range choices.Pictures {
		if address := picture.Prefix + known.Key; !slices.Contains(f.Pictures, address) {
			f.Library = append(f.Library, view.Choice{Value: address, Label: known.Name})
		}
	}
	for _, kind := range catalog.KindList() {
		f.Kinds = append(f.Kinds, view.Choice{Value: string(kind), Label: v.text.T("product.kind." + string(kind))})
	}
	f.askParams(choices.Categories)
	f.Detail = shownDetail(f.Detail)
	f.Most = view.ProductBounds{
		Title: catalog.MaxTitle, Detail: catalog.MaxDetail, Pictures: catalog.MaxPictures, SKUs: catalog.MaxSKUs,
		PictureBytes: picture.MaxBytes, UploadBytes: uploadBytes,
	}
	title := v.text.T("product.new")
	if f.ID != 0 {
		title = v.text.T("product.edit")
	}
	p := s.page(c, v, title, "nav.products")
	p.Back = view.Shop{Handle: v.shop.Handle}.URL("/products")
	return render(c, view.ProductFormPage(p, f.ProductForm))
}

// productCreate does what a button of the form of a new product asks for.
func (s *Console) productCreate(c *fiber.Ctx, v *visit) error {
	return s.productPosted(c, v, readmodel.ProductDetail{})
}

// productUpdate does what a button of the form of a product asks for.
func (s *Console) productUpdate(c *fiber.Ctx, v *visit) error {
	product, err := s.productOf(c, v)
	if err != nil {
		return err
	}
	return s.productPosted(c, v, product)
}

func (s *Console) productPosted(c *fiber.Ctx, v *visit, now readmodel.ProductDetail) error {
	sent, err := c.MultipartForm()
	if err != nil {
		return ErrForm
	}
	f := readProductForm(sent.Value)
	f.ID = now.ID
	f.Pictures = slices.DeleteFunc(f.Pictures, func(address string) bool {
		return !picture.Owns(v.shop.ID, address) && !slices.Contains(now.Pictures, address) && address != now.Cover
	})
	f.keepPictures(v.shop.ID, now)
	what, which, _ := strings.Cut(f.do, ":")
	n, _ := strconv.Atoi(which)
	// Files that were chosen and not yet sent are sent by whatever button.
	bad := s.takePictures(c, v, f, sent.File["file"])
	f.pickPictures(v.shop.ID)
	switch {
	case what == "drop" && n >= 0 && n < len(f.Pictures):
		f.Pictures = slices.Delete(f.Pictures, n, n+1)
	case what == "cover" && n > 0 && n < len(f.Pictures):
		chosen := f.Pictures[n]
		f.Pictures = slices.Insert(slices.Delete(f.Pictures, n, n+1), 0, chosen)
	case what == "save" && !bad:
		return s.productSave(c, v, f, now)
	case bad:
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return s.productFormPage(c, v, f)
}

// keepPictures takes from the variants every picture that is neither the shop's own nor one that
// the product has.
func (f *productForm) keepPictures(shop tenant.ID, now readmodel.ProductDetail) {
	known := func(address string) bool {
		return address == "" || picture.Owns(shop, address) || slices.Contains(now.Pictures, address) || address == now.Cover ||
			slices.ContainsFunc(now.SKUs, func(k readmodel.SKU) bool { return k.Picture == address })
	}
	for i := range f.Rows {
		if !known(f.Rows[i].Picture) {
			f.Rows[i].Picture = ""
		}
	}
	if !known(f.All.Picture) {
		f.All.Picture = ""
	}
}

// pickPictures adds what was ticked in the shop's library, as long as there is room.
func (f *productForm) pickPictures(shop tenant.ID) {
	for _, address := range f.values["pick"] {
		if picture.Owns(shop, address) && !slices.Contains(f.Pictures, address) && len(f.Pictures) < catalog.MaxPictures {
			f.Pictures = append(f.Pictures, address)
		}
	}
}

// takePictures keeps what was uploaded, and says next to the field what could not be.
func (s *Console) takePictures(c *fiber.Ctx, v *visit, f *productForm, files []*multipart.FileHeader) (bad bool) {
	var problems []string
	for _, header := range files {
		if len(f.Pictures) >= catalog.MaxPictures {
			problems = append(problems, v.text.T("product.problem.pictures", catalog.MaxPictures))
			break
		}
		address, err := s.takePicture(c, v, header)
		if err != nil {
			s.note(c, v, err)
			problems = append(problems, header.Filename+v.text.T("product.problem.of")+textOf(v, err))
			continue
		}
		if !slices.Contains(f.Pictures, address) {
			f.Pictures = append(f.Pictures, address)
		}
	}
	if len(problems) > 0 {
		f.Problems = map[string]string{"pictures": strings.Join(problems, " ")}
	}
	return len(problems) > 0
}

func (s *Console) takePicture(c *fiber.Ctx, v *visit, header *multipart.FileHeader) (address string, err error) {
	if header.Size > picture.MaxBytes {
		return "", picture.ErrTooLarge
	}
	file, err := header.Open()
	if err != nil {
		return "", picture.ErrBroken.Because(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	raw, err := io.ReadAll(file)
	if err != nil {
		return "", picture.ErrBroken.Because(err)
	}
	return s.Pictures.Take(c.UserContext(), v.shop.ID, picture.TakeInput{Raw: raw, Name: header.Filename, Actor: actor(v.session.StaffID)})
}

// productSave saves what the form says, or shows it again with what is wrong.
func (s *Console) productSave(c *fiber.Ctx, v *visit, f *productForm, now readmodel.ProductDetail) error {
	in, problems := f.judged(v.text)
	if len(problems) > 0 {
		f.Problems = problems
		c.Status(fiber.StatusUnprocessableEntity)
		return s.productFormPage(c, v, f)
	}
	in.ID, in.Actor, in.Approves = f.ID, actor(v.session.StaffID), v.granted[authz.ProductApprove]
	for i, row := range f.sold(in) { // a product without choice shows no picture of its SKU, and keeps it
		if _, asked := f.values["pic_"+row.Slot]; asked {
			continue
		}
		for _, k := range now.SKUs {
			if k.ID == in.SKUs[i].ID {
				in.SKUs[i].Picture = k.Picture
			}
		}
	}
	id, err := s.Products.Save(c.UserContext(), v.shop.ID, in)
	if err == nil || listing.Awaits(err) {
		what := "product_created"
		if f.ID != 0 {
			what = "product_saved"
		}
		if listing.Awaits(err) {
			what = "product_submitted"
		}
		return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/products/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
	}
	if !s.productRefused(v, f, in, err) {
		return err
	}
	s.note(c, v, err)
	refuseForm(c, err)
	return s.productFormPage(c, v, f)
}

// productRefused writes a refusal into the form; false for what is none.
func (s *Console) productRefused(v *visit, f *productForm, in listing.SaveInput, err error) bool {
	refused, _ := errors.AsType[*fault.Error](err)
	switch {
	case errors.Is(err, catalog.ErrStale):
		f.Changed = true
		return true
	case errors.Is(err, idempotency.ErrMismatch):
		f.SavedAs = 1
		return true
	case errors.Is(err, catalog.ErrCodeTaken):
		f.Problems = map[string]string{"spu_code": textOf(v, err)}
		return true
	case errors.Is(err, inventory.ErrReserved):
		f.Problems = map[string]string{}
		for i, row := range f.sold(in) {
			if refused != nil && refused.Data()["sku_id"] == in.SKUs[i].ID {
				f.Problems["stock_"+row.Slot] = textOf(v, err)
			}
		}
		f.Problem = textOf(v, err)
		return true
	}
	f.Problem = sentence(v, err)
	return f.Problem != ""
}

// sold are the rows that stand behind the SKUs of the input, in their order.
func (f *productForm) sold(in listing.SaveInput) []view.SKUField {
	rows := slices.DeleteFunc(slices.Clone(f.Rows), func(row view.SKUField) bool { return row.Off && (row.ID == "" || row.ID == "0") })
	return rows[:min(len(rows), len(in.SKUs))]
}

// productShelf puts a product on the shelf or takes it down.
func (s *Console) productShelf(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	to, what := catalog.OffShelf, "product_off"
	if form(c, "to") == "on" {
		to, what = catalog.OnShelf, "product_on"
	}
	err = s.Products.SetShelf(c.UserContext(), v.shop.ID, id, to, editor(v))
	if listing.Awaits(err) {
		what, err = "product_submitted", nil
	}
	if problem := sentence(v, err); err != nil && problem != "" && !errors.Is(err, fault.ErrNotFound) {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.productPage(c, v, id, problem)
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/products/"+itoa64(id)+"?done="+what), fiber.StatusSeeOther)
}

func itoa64(n int64) string { return strconv.FormatInt(n, 10) }
