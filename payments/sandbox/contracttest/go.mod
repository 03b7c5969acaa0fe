module galleria/payments/sandbox/contracttest

go 1.26.0

require galleria v0.0.0

require github.com/a-h/templ v0.3.977 // indirect

require (
	github.com/go-pay/crypto v0.0.1 // indirect
	github.com/go-pay/errgroup v0.0.3 // indirect
	github.com/go-pay/gopay v1.5.115
	github.com/go-pay/smap v0.0.2 // indirect
	github.com/go-pay/util v0.0.4 // indirect
	github.com/go-pay/xlog v0.0.3 // indirect
	github.com/go-pay/xtime v0.0.2 // indirect
)

replace galleria => ../../..
