package tryout

// What a shop's own people see of its test setup, and what the pretended buyer writes.
const (
	appName     = "测试小程序（沙箱）"
	accountName = "测试收款账户（沙箱）"
	buyerName   = "试购顾客"
	remark      = "这是一笔测试订单，请勿发货"
)

// address is where nothing is sent to.
func address() map[string]any {
	return map[string]any{
		"name": buyerName, "phone": "13800000000", "province": "浙江省", "city": "杭州市", "district": "西湖区", "detail": "测试地址，请勿发货",
	}
}
