package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"galleria/commerce/search"
	"galleria/tenant"
)

// search narrows a list of products (p) to what fits a question: by the index of tokens, as
// buyers search, by its text where tokens are still to be computed, and by the beginning of a
// SKU's code or barcode.
func (f *filter) search(q string) {
	asked := search.Parse(q)
	words, initials, letters := asked.Words, asked.Initials, asked.Letters
	if asked.Empty() { // signs alone fit no token; all tokens of nothing would be everything
		words, initials, letters = []string{"\x01"}, []string{"\x01"}, []string{"\x01"}
	}
	f.addAll(`(p.tokens @> ?1 OR p.tokens @> ?2 OR p.tokens @> ?3 OR (NOT p.indexed AND p.title ILIKE ?4)
  OR p.id IN (SELECT k.spu_id FROM sku k WHERE k.code ILIKE ?5 OR k.barcode ILIKE ?5))`,
		words, initials, letters, contains(q), contains(q)[1:])
}

// CategoryNode is one of the tree's categories, parents before their children.
type CategoryNode struct {
	ID       int64
	ParentID int64 // 0 at the top
	Name     string
	Depth    int64 // 1 at the top
	Visible  bool
	Picture  string
	Params   []string // that it asks for itself
	Products int64    // in it, without those below; without the bin
	First    bool     // of its siblings
	Last     bool
}

const categoryTree = `WITH RECURSIVE tree AS (
  SELECT c.id, c.parent_id, c.name, c.visible, c.picture, c.params, 1::bigint AS depth, ARRAY[-c.sort::bigint, c.id] AS place FROM category c WHERE c.parent_id IS NULL
  UNION ALL
  SELECT c.id, c.parent_id, c.name, c.visible, c.picture, c.params, t.depth + 1, t.place || ARRAY[-c.sort::bigint, c.id] FROM category c JOIN tree t ON c.parent_id = t.id)
SELECT t.id, coalesce(t.parent_id, 0), t.name, t.depth, t.visible, t.picture, t.params, coalesce(n.n, 0),
       row_number() OVER (PARTITION BY t.parent_id ORDER BY t.place) = 1, row_number() OVER (PARTITION BY t.parent_id ORDER BY t.place DESC) = 1
  FROM tree t LEFT JOIN (SELECT p.category_id, count(*) AS n FROM spu p WHERE p.status NOT IN ('recycled', 'purged') GROUP BY 1) n ON n.category_id = t.id
 ORDER BY t.place LIMIT 1000`

// CategoryTree lists all categories in their order.
func (s *Store) CategoryTree(ctx context.Context, shop tenant.ID) (list []CategoryNode, err error) {
	err = s.read(ctx, shop, "categories", func(b *pgx.Batch) {
		collect(b, &list, func(row pgx.CollectableRow) (c CategoryNode, err error) {
			err = row.Scan(&c.ID, &c.ParentID, &c.Name, &c.Depth, &c.Visible, &c.Picture, &c.Params, &c.Products, &c.First, &c.Last)
			return c, err
		}, categoryTree)
	})
	return list, err
}

// Brand is one of the shop's brands.
type Brand struct {
	ID       int64
	Name     string
	Logo     string
	Products int64 // without the bin
}

const allBrands = `SELECT b.id, b.name, b.logo, (SELECT count(*) FROM spu p WHERE p.brand_id = b.id AND p.status NOT IN ('recycled', 'purged'))
  FROM brand b ORDER BY b.sort DESC, b.id LIMIT 1000`

// Brands lists the shop's brands in their order.
func (s *Store) Brands(ctx context.Context, shop tenant.ID) (list []Brand, err error) {
	err = s.read(ctx, shop, "brands", func(b *pgx.Batch) {
		collect(b, &list, brandRow, allBrands)
	})
	return list, err
}

// ProductTitles names the given products of the shop; those that are gone are missing.
func (s *Store) ProductTitles(ctx context.Context, shop tenant.ID, ids []int64) (map[int64]string, error) {
	titles := map[int64]string{}
	err := s.read(ctx, shop, "titles", func(b *pgx.Batch) {
		b.Queue("SELECT p.id, p.title FROM spu p WHERE p.id = ANY ($1) AND p.status <> 'purged'", ids).Query(func(rows pgx.Rows) error {
			var id int64
			var title string
			_, err := pgx.ForEachRow(rows, []any{&id, &title}, func() error {
				titles[id] = title
				return nil
			})
			return err
		})
	})
	return titles, err
}

// FormChoices are what the product's form lets choose from.
type FormChoices struct {
	Categories []Category
	Brands     []Brand
	Freights   []Freight
	Pictures   []Picture // the latest
}

// FormChoices reads them in one round trip.
func (s *Store) FormChoices(ctx context.Context, shop tenant.ID) (out FormChoices, err error) {
	err = s.read(ctx, shop, "choices", func(b *pgx.Batch) {
		collect(b, &out.Categories, categoryRow, allCategories)
		collect(b, &out.Brands, brandRow, allBrands)
		collect(b, &out.Freights, freightRow, "SELECT t.id, t.name FROM freight_template t ORDER BY t.is_default DESC, t.id LIMIT 100")
		collect(b, &out.Pictures, pictureRow, pictureColumns+" ORDER BY p.id DESC LIMIT 24")
	})
	return out, err
}

// Freight is a freight template as a product's form names it.
type Freight struct {
	ID   int64
	Name string
}

func freightRow(row pgx.CollectableRow) (x Freight, err error) {
	err = row.Scan(&x.ID, &x.Name)
	return x, err
}

func brandRow(row pgx.CollectableRow) (x Brand, err error) {
	err = row.Scan(&x.ID, &x.Name, &x.Logo, &x.Products)
	return x, err
}

// Picture is one of the shop's library.
type Picture struct {
	ID            int64
	Key           string
	Name          string
	Bytes         int64
	Width, Height int64
	At            time.Time
	Used          bool // by a product that is there
}

const pictureColumns = `SELECT p.id, p.key, p.name, p.bytes, p.width::bigint, p.height::bigint, p.uploaded_at,
       EXISTS (SELECT 1 FROM spu x WHERE x.status <> 'purged' AND ('/media/shop/' || p.key) = ANY (x.pictures))
  FROM picture p`

func pictureRow(row pgx.CollectableRow) (p Picture, err error) {
	err = row.Scan(&p.ID, &p.Key, &p.Name, &p.Bytes, &p.Width, &p.Height, &p.At, &p.Used)
	return p, err
}

// PicturePage is one page of the library, newest first.
type PicturePage struct {
	Rows  []Picture
	Next  int64
	Total int64
	Bytes int64
}

// pagePictures is how many pictures a page of the library shows.
const pagePictures = 48

// Pictures returns one page of the library: those whose file's name holds q.
func (s *Store) Pictures(ctx context.Context, shop tenant.ID, q string, before int64) (page PicturePage, err error) {
	var w filter
	w.add("p.uploaded_by NOT LIKE ?", "member:%") // what buyers send in belongs to their cases
	if q != "" {
		w.add("p.name ILIKE ?", contains(q))
	}
	if before > 0 {
		w.add("p.id < ?", before)
	}
	err = s.read(ctx, shop, "pictures", func(b *pgx.Batch) {
		collect(b, &page.Rows, pictureRow, pictureColumns+w.where()+newestFirst("p.id", pagePictures+1), w.args...)
		b.Queue("SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM picture WHERE uploaded_by NOT LIKE 'member:%'").QueryRow(func(row pgx.Row) error { return row.Scan(&page.Total, &page.Bytes) })
	})
	if len(page.Rows) > pagePictures {
		page.Rows = page.Rows[:pagePictures]
		page.Next = page.Rows[pagePictures-1].ID
	}
	return page, err
}
