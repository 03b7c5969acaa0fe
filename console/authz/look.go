package authz

// Lookable lists what a look of the platform's staff into a shop opens: pages that change
// nothing and whose personal data is masked for them. A new page stays shut until it is
// named here.
func Lookable() []Permission {
	return []Permission{DashboardRead, OrderRead, ProductRead, AppRead, PaymentAccountRead, PlanRead, CallbackRead, PaymentRead, RefundRead}
}
