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
//   - The xlsx writer is our own, over archive/zip: an export needs strings, numbers and a head
//     row, and the binary is above its bar as it is. excelize, which would bring styles,
//     charts and readers, is used by tests only, as the independent reader.
//   - Texts are written inline, not shared: a table of shared strings would have to be kept
//     in memory until the end.
package sheet
