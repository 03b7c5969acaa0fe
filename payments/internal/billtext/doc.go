// Package billtext is what reading a provider's bill takes, whoever wrote it: exact
// decimals, lines of bounded length, GB18030, archives that do not inflate without end.
//
// It owns no provider's columns: what a line means is for its channel to say.
package billtext
