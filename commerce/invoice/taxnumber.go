package invoice

import "strings"

// creditDigits are the 31 characters of GB 32100-2015, in the order of their values: I, O, S, V
// and Z are left out.
const creditDigits = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// TaxNumber brings a company's tax number into its form, if it can be one: a unified social
// credit code of 18 characters with a right check digit, or one of the old forms of 15 or 20
// digits and letters.
func TaxNumber(typed string) (string, bool) {
	no := strings.ToUpper(strings.Join(strings.Fields(typed), ""))
	switch len(no) {
	case 18:
		return no, creditCode(no)
	case 15, 20:
		return no, strings.Trim(no, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	}
	return "", false
}

// creditCode checks the last character: the values of the first 17 by the powers of 3 and the
// last add up to a multiple of 31.
func creditCode(no string) bool {
	sum, weight := 0, 1
	for i := range len(no) {
		value := strings.IndexByte(creditDigits, no[i])
		if value < 0 {
			return false
		}
		if i == len(no)-1 {
			weight = 1
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	return sum%31 == 0
}
