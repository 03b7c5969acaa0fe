package unionpay

// LeadsToUnionPay is what a QR code is checked with.
var LeadsToUnionPay = leadsToUnionPay
