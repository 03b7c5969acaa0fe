package console

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"

	"github.com/gofiber/fiber/v2"

	"galleria/payments/evidence"
	"galleria/tenant"
	"galleria/tenant/fault"
	"galleria/tenant/tenantdb"
)

// Evidence keeps files that prove refunds made by hand; *evidence.Service is one.
type Evidence interface {
	Take(ctx context.Context, id tenant.ID, files []evidence.File) (evidence.Taken, error)
	KeepTx(ctx context.Context, tx tenantdb.Tx, outRefundNo, actor string, t evidence.Taken) error
	Drop(ctx context.Context, t evidence.Taken) error
	Open(ctx context.Context, id tenant.ID, outRefundNo string, evidenceID int64) (evidence.Found, error)
}

// typedParts makes what was typed in a form with files readable as that of any other form.
func typedParts(c *fiber.Ctx) {
	sent, err := c.MultipartForm()
	if err != nil {
		return
	}
	for name, values := range sent.Value {
		for _, value := range values {
			c.Request().PostArgs().Add(name, value)
		}
	}
}

// takeEvidence stores the files of a form; none is fine.
func (s *Console) takeEvidence(c *fiber.Ctx, v *visit) (evidence.Taken, error) {
	var files []evidence.File
	err := eachPart(c, "evidence_file", evidence.MaxBytes, evidence.ErrTooLarge, func(name string, raw []byte) {
		files = append(files, evidence.File{Name: name, Raw: raw})
	})
	if err != nil {
		return evidence.Taken{}, err
	}
	return s.Evidence.Take(c.UserContext(), v.shop.ID, files)
}

// eachPart gives the files that were chosen in a field to take; tooLarge is the answer to one of more
// than most bytes. A form without parts has none.
func eachPart(c *fiber.Ctx, field string, most int64, tooLarge *fault.Error, take func(name string, raw []byte)) error {
	sent, err := c.MultipartForm()
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	for _, head := range sent.File[field] {
		if head.Size == 0 {
			continue
		}
		if head.Size > most {
			return tooLarge
		}
		raw, err := readPart(head)
		if err != nil {
			return ErrForm.Because(err)
		}
		take(head.Filename, raw)
	}
	return nil
}

func readPart(head *multipart.FileHeader) (raw []byte, err error) {
	file, err := head.Open()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(file)
}

// evidenceShow sends a file as a download that no browser runs and no cache keeps.
func (s *Console) evidenceShow(c *fiber.Ctx, v *visit) error {
	no, err := pathNumber(c, "out_refund_no")
	if err != nil {
		return err
	}
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	found, err := s.Evidence.Open(c.UserContext(), v.shop.ID, no, id)
	if err != nil {
		return err
	}
	return sendPrivate(c, typesOfProofs()[found.Kind], found.Name, found.Body)
}

func typesOfProofs() map[string]string {
	return map[string]string{"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
}

// sendPrivate sends a file as a download that no browser runs and no cache keeps.
func sendPrivate(c *fiber.Ctx, contentType, name string, body []byte) error {
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	return c.Send(body)
}
