// Package sheet writes and reads tables for spreadsheets, row by row: CSV and xlsx.
//
// It owns what a cell may be, how it is made harmless, and how much of a strange file is
// looked at. It does not own what is exported or imported, nor who may.
//
// Invariants
//   - No text is ever a formula. In CSV, what begins like one gets an apostrophe in front; in
//     xlsx a text is a cell of type string, which no program evaluates. Reading gives back what
//     was written.
//   - Amounts are exact decimal numbers, written digit by digit from whole fen.
//   - Memory does not grow with the number of rows: both writers and both readers keep one row.
//     What a file announces about its size is not believed: bytes, rows, columns and the length
//     of a cell are counted as they come.
//   - A number of which a spreadsheet has lost digits is not read as another one.
//
// # Decisions
//
//   - Reader and writer of xlsx are our own, over archive/zip and encoding/xml: strings, numbers
//     and a head row are all there is, and the binary is above its bar as it is. excelize, which
//     would bring styles and charts and opens 600 MB out of 600 kB unless told not to, is used by
//     tests only, as the independent other side.
//   - Texts are written inline, not shared: a table of shared strings would have to be kept
//     in memory until the end. Read, they are kept, within a bound.
//   - CSV without a mark is UTF-8 if it can be, and GB18030 (which GBK is part of) otherwise:
//     that is what spreadsheets of this country write.
package sheet
