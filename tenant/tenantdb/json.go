package tenantdb

import (
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// keepJSON has columns that are scanned into json.RawMessage copied as they are. The
// driver would parse each of them first, to no end: the database does not send other than
// JSON.
func keepJSON(types *pgtype.Map) {
	types.RegisterType(&pgtype.Type{Name: "json", OID: pgtype.JSONOID, Codec: &pgtype.JSONCodec{Marshal: json.Marshal, Unmarshal: unmarshal}})
	types.RegisterType(&pgtype.Type{Name: "jsonb", OID: pgtype.JSONBOID, Codec: &pgtype.JSONBCodec{Marshal: json.Marshal, Unmarshal: unmarshal}})
}

func unmarshal(data []byte, v any) error {
	if raw, ok := v.(*json.RawMessage); ok {
		*raw = slices.Clone(data)
		return nil
	}
	return json.Unmarshal(data, v)
}
