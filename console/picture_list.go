package console

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"galleria/commerce/picture"
	"galleria/console/authz"
	"galleria/console/view"
	"galleria/tenant/fault"
)

// pictureList shows the shop's library.
func (s *Console) pictureList(c *fiber.Ctx, v *visit) error {
	return s.picturePage(c, v, view.PictureList{Done: done(c, v)})
}

func (s *Console) picturePage(c *fiber.Ctx, v *visit, l view.PictureList) error {
	l.Query = searchWords(c.Query("q"))
	before := cursor(c.Query("before"))
	page, err := s.pages.Pictures(c.UserContext(), v.shop.ID, l.Query, before)
	if err != nil {
		return err
	}
	l.PicturePage, l.OnFirst, l.MayUpdate = page, before == 0, v.granted[authz.ProductUpdate]
	l.EachBytes, l.AllBytes = picture.MaxBytes, uploadBytes
	return render(c, view.PictureListPage(s.page(c, v, v.text.T("picture.title"), "nav.products"), l))
}

// pictureUpload takes pictures into the library.
func (s *Console) pictureUpload(c *fiber.Ctx, v *visit) error {
	sent, err := c.MultipartForm()
	if err != nil {
		return ErrForm
	}
	var problems []string
	for _, header := range sent.File["file"] {
		if _, err := s.takePicture(c, v, header); err != nil {
			s.note(c, v, err)
			problems = append(problems, header.Filename+v.text.T("product.problem.of")+textOf(v, err))
		}
	}
	if len(sent.File["file"]) == 0 {
		problems = append(problems, v.text.T("picture.problem.none"))
	}
	if len(problems) > 0 {
		c.Status(fiber.StatusUnprocessableEntity)
		return s.picturePage(c, v, view.PictureList{Problem: strings.Join(problems, " ")})
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/pictures?done=picture_added"), fiber.StatusSeeOther)
}

// pictureDelete removes a picture that nothing shows.
func (s *Console) pictureDelete(c *fiber.Ctx, v *visit) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	err = s.Pictures.Delete(c.UserContext(), v.shop.ID, id)
	if problem := sentence(v, err); err != nil && problem != "" && !errors.Is(err, fault.ErrNotFound) {
		s.note(c, v, err)
		refuseForm(c, err)
		return s.picturePage(c, v, view.PictureList{Problem: problem})
	}
	if err != nil {
		return err
	}
	return c.Redirect(view.Shop{Handle: v.shop.Handle}.URL("/pictures?done=picture_deleted"), fiber.StatusSeeOther)
}
