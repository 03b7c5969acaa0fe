// Package division knows the administrative divisions of China by their codes (GB/T 2260):
// provinces, prefectures (here: cities) and counties (here: districts). It is pure: a table
// that ships with the program, no database, no clock.
//
// A code has six digits: two of the province, two of the city, two of the district; what is
// larger than a district ends in zeros. The table (codes.txt) is that of the statistics
// bureau for 2023, with Hong Kong, Macao and Taiwan as provinces without cities.
//
// Decisions: divisions come and go every year, and Mini Programs carry tables of their own,
// so a district that the table lacks is no mistake: it belongs to the city and province its
// digits name. Where a code and the names beside it disagree, the names win, because they are
// what the courier reads.
package division
