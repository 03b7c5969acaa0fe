// Package sheet writes tables for spreadsheets, row by row: CSV and xlsx.
//
// It owns what a cell may be and how it is made harmless. It does not own what is exported,
// nor who may.
//
// Invariants
//   - No text is ever a formula. In CSV, what begins like one gets an apostrophe in front; in
//     xlsx a text is a cell of type string, which no program evaluates.
//   - Amounts are exact decimal numbers, written digit by digit from whole fen.
//   - Memory does not grow with the number of rows: both writers keep one row.
//
// # Decisions
//
//   - The xlsx writer is our own, over archive/zip: excelize makes the binary 4 MB larger for
//     styles, charts and readers that no export needs. Its tests read the files back with
//     an independent reader.
//   - Texts are written inline, not shared: a table of shared strings would have to be kept
//     in memory until the end.
package sheet
