package unionpay

import "errors"

// Names that the certificate of a message may carry.
const (
	nameUnionPay   = "中国银联股份有限公司"
	nameTestSigner = "00040000:SIGN" // of the test environment
)

var (
	errSignature   = errors.New("the signature does not verify")
	errCertificate = errors.New("the certificate is not UnionPay's")
	errAnswer      = errors.New("the answer is not in the gateway's format")
	errForm        = errors.New("the body is not a form")
	errNumber      = errors.New("the number does not begin with its time")
)
