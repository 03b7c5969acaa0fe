package demo

import (
	"galleria/commerce/catalog"
	"galleria/commerce/money"
)

// shanye is 山野茶咖: tea, coffee, what one brews them with and what goes with them.
func shanye() shopPlan {
	return shopPlan{
		handle: "shanye", name: "山野茶咖", appID: "wx9b27d0e4c6183fa5", appTag: "山野茶咖铺",
		mchID: "1700026029", templateID: "SYorderPaid-9d4e0Bq7nHs21cUj6k3PfXo", salt: 11,
		channels: channelPlan{signApp: "2021004100026029", seller: "2088001700026029", merID: "777290017000269"},
		staff: []staffPlan{
			{"shanye-owner", "陆山", owner},
			{"shanye-clerk", "叶小野", clerk},
		},
		people: teaPeople(),
		categories: []categoryPlan{
			{name: "茶叶", picture: "teatin", products: shanyeGifts()},
			{name: "绿茶与白茶", under: "茶叶", picture: "teatin", products: shanyeGreen()},
			{name: "红茶与乌龙", under: "茶叶", picture: "teapot", products: shanyeOolong()},
			{name: "普洱与黑茶", under: "茶叶", picture: "teacake", products: shanyePuer()},
			{name: "咖啡", picture: "coffeebag", products: shanyeCoffee()},
			{name: "冲泡器具", picture: "dripper", products: shanyeTools()},
			{name: "山野零食", picture: "cookies", products: shanyeSnacks()},
		},
		counter: shanyeCounter(),
	}
}

func shanyeCounter() []productPlan {
	return []productPlan{
		{
			title: "手冲咖啡十次卡", subtitle: "当日豆单任选，一年内有效，未用完自动退", picture: "dripper", price: 26800, market: 32000, stock: 200,
			voucher: &catalog.VoucherTerms{Uses: 10, Days: 365, Refunds: true},
			detail:  "到店出示券码，每次核销一杯手冲，可与朋友同用。\n一年内没有用完的次数，到期自动按比例退回。",
		},
		{
			title: "周末茶席体验 双人", subtitle: "两小时，三道茶，茶点两份", picture: "teapot", price: 16800, market: 19800, stock: 60,
			voucher: &catalog.VoucherTerms{Uses: 1, Days: 90, Refunds: true},
			detail:  "购买后电话预约周六或周日场次，到店出示券码。\n九十天内有效，未使用可随时退。",
		},
	}
}

func weights(small, large string, extra money.Fen) dimension {
	return dimension{"净含量", []option{{small, 0}, {large, extra}}}
}

func shanyeGifts() []productPlan {
	return []productPlan{
		{
			title: "四时茶礼盒 春夏秋冬四罐", subtitle: "一盒喝完一整年", picture: "giftbox", price: 29800, market: 36800, stock: 23,
			dims:   []dimension{{"手提袋", []option{{"不需要", 0}, {"附手提袋", 1000}}}},
			detail: "春·明前龙井 30g，夏·白毫银针 20g，秋·凤凰单丛 40g，冬·正山小种 40g。\n附四张冲泡卡，写清水温、时间和我们自己的偏好。",
		},
		{
			title: "办公室袋泡茶 24 包混合装", subtitle: "原叶三角包，不是碎末", picture: "teabag", price: 5900, market: 7900, stock: 120,
			dims:   []dimension{{"口味", []option{{"茉莉绿茶", 0}, {"桂花乌龙", 0}, {"玫瑰红茶", 0}, {"三味混合", 300}}}},
			detail: "玉米纤维三角包，独立铝箔充氮。90℃ 热水三分钟，可续两泡；冷泡请放冰箱四小时。",
		},
	}
}

func shanyeGreen() []productPlan {
	return []productPlan{
		{
			title: "明前西湖龙井 群体种", subtitle: "翁家山，三月廿六采", picture: "teatin", price: 19800, market: 23800, stock: 38,
			dims:   []dimension{weights("50g 罐装", "100g 罐装", 17000), {"等级", []option{{"一级", 0}, {"特级", 8000}}}},
			scarce: map[string]int64{"100g 罐装/特级": 3},
			detail: "群体种龙井，手工辉锅，豆香里带一点兰花气。\n建议 85℃ 水，玻璃杯上投，三克茶两百毫升水。开罐后请冷藏，两个月内喝完。",
		},
		{
			title: "福鼎白毫银针 头采", subtitle: "满披白毫，毫香蜜韵", picture: "teatin", price: 26800, market: 32800, stock: 25,
			dims:   []dimension{weights("30g", "80g", 39000)},
			detail: "福鼎太姥山，清明前单芽头采，日光萎凋。汤色杏黄，入口甜，十泡仍有余味。",
		},
		{
			title: "三年陈寿眉 小方片", subtitle: "五克一片，焖一壶", picture: "teabag", price: 8800, market: 10800, stock: 74,
			dims:   []dimension{{"规格", []option{{"20 片", 0}, {"40 片", 7000}}}},
			detail: "2023 年寿眉压制，枣香初显。保温杯里放一片，焖二十分钟，秋冬最合适。",
		},
		{
			title: "宇治风石臼抹茶粉", subtitle: "做拿铁不苦，点茶有沫", picture: "matcha", price: 7800, market: 9800, stock: 52,
			dims:   []dimension{{"等级", []option{{"烘焙级", 0}, {"饮用级", 3000}, {"点茶级", 9000}}}, {"净含量", []option{{"40g", 0}, {"100g", 6000}}}},
			scarce: map[string]int64{"点茶级/100g": 0, "点茶级/40g": 5},
			detail: "贵州铜仁覆盖栽培茶园，石臼每小时只磨四十克。铝袋加罐双层避光，开封后请冷藏。",
		},
	}
}

func shanyeOolong() []productPlan {
	return []productPlan{
		{
			title: "凤凰单丛 鸭屎香", subtitle: "名字不好听，香气忘不掉", picture: "teatin", price: 12800, market: 15800, stock: 46,
			dims:   []dimension{weights("75g", "150g", 11000), {"焙火", []option{{"轻火", 0}, {"中足火", 500}}}},
			scarce: map[string]int64{"150g/中足火": 5},
			detail: "潮州凤凰镇，海拔八百米的银花香（俗称鸭屎香）单丛。沸水快出，前三泡只要五秒。",
		},
		{
			title: "正山小种 无烟花果香", subtitle: "桐木关的甜", picture: "teatin", price: 9800, market: 11800, stock: 63,
			dims:   []dimension{weights("100g", "250g", 12800)},
			detail: "武夷山桐木村小菜茶，不熏松烟，花果蜜香。耐泡，配牛奶也站得住。",
		},
		{
			title: "武夷肉桂 岩骨花香", subtitle: "三坑两涧外山，日常口粮", picture: "teapot", price: 15800, market: 18800, stock: 41,
			detail: "中足火，桂皮香明显，汤水厚。八克一泡独立包装，共十二泡。",
		},
		{
			title: "桂花乌龙 五窨", subtitle: "九月的桂花，十月的茶", picture: "teatin", price: 6800, stock: 57,
			dims:   []dimension{weights("60g", "120g", 5600)},
			detail: "安溪清香乌龙，以当季金桂窨制五次，筛净花渣，只留香气。冷泡尤佳。",
		},
	}
}

func shanyePuer() []productPlan {
	return []productPlan{
		{
			title: "易武古树生普 2021 春 357g", subtitle: "柔、甜、久放", picture: "teacake", price: 36800, market: 45800, stock: 19,
			dims:   []dimension{{"数量", []option{{"单饼", 0}, {"整提七饼", 206000}}}},
			scarce: map[string]int64{"整提七饼": 1},
			detail: "易武高山寨古树纯料，石磨压制，棉纸手包。现喝有蜜香，适合再存十年。\n茶饼松紧有别，附茶针一支。",
		},
		{
			title: "勐海熟普小圆饼 100g", subtitle: "糯香醇厚，胃舒服", picture: "teacake", price: 6800, market: 8800, stock: 84,
			detail: "2019 年原料，轻发酵，无堆味。汤红如酒，饭后一泡正好。",
		},
		{
			title: "新会小青柑 十年陈料", subtitle: "一颗一泡，自带果香", picture: "jar", price: 11800, market: 13800, stock: 48,
			dims:   []dimension{{"规格", []option{{"12 颗罐装", 0}, {"30 颗罐装", 15000}}}},
			detail: "新会核心产区七月青柑，低温日晒，填宫廷熟普。揭盖、投壶、沸水，十五秒出汤。",
		},
		{
			title: "安化茯砖 金花茂盛 1kg", subtitle: "冬天煮着喝", picture: "teacake", price: 16800, stock: 0,
			detail: "手筑茯砖，冠突散囊菌（金花）均匀茂盛。冷水下锅，小火煮八分钟。新一批正在发花，约下月到货。",
		},
	}
}

func shanyeCoffee() []productPlan {
	return []productPlan{
		{
			title: "云南保山 水洗小粒咖啡豆", subtitle: "红糖、柑橘、干净的尾韵", picture: "coffeebag", price: 6800, market: 8800, stock: 96,
			dims: []dimension{
				{"净含量", []option{{"227g", 0}, {"454g", 5600}}},
				{"烘焙度", []option{{"浅中", 0}, {"中深", 0}}},
				{"研磨", []option{{"咖啡豆", 0}, {"手冲粉", 0}}},
			},
			detail: "潞江坝海拔 1500 米，铁皮卡与卡蒂姆混植，水洗 36 小时。接单后三天内新鲜烘焙，袋上写有烘焙日期。",
		},
		{
			title: "埃塞俄比亚 古吉日晒 浅烘", subtitle: "草莓、蓝莓、一点酒香", picture: "coffeebag", price: 9800, market: 11800, stock: 53,
			dims:   []dimension{{"净含量", []option{{"100g", 0}, {"227g", 9800}}}, {"研磨", []option{{"咖啡豆", 0}, {"手冲粉", 0}}}},
			detail: "古吉罕贝拉处理站，原生种日晒。建议 92℃、粉水比 1:15、两分钟。烘焙后第五天开始最好喝。",
		},
		{
			title: "山野拼配 意式豆 中深烘", subtitle: "拿铁里也喝得到的坚果和可可", picture: "coffeebag", price: 7600, stock: 88,
			dims:   []dimension{{"净含量", []option{{"454g", 0}, {"1kg", 7800}}}},
			detail: "巴西、云南、危地马拉三地拼配。浓缩 18g 出 36g，28 秒。加奶后是榛子巧克力。",
		},
		{
			title: "挂耳咖啡 七日七味", subtitle: "一周不重样的早晨", picture: "dripbag", price: 4900, market: 6900, stock: 130,
			dims:   []dimension{{"规格", []option{{"7 包", 0}, {"28 包", 12800}}}},
			detail: "每包 12 克，充氮锁鲜，七个产地七种风味。150–180ml 热水，分三次注入。",
		},
		{
			title: "冷萃咖啡液 无糖 6 瓶", subtitle: "兑水、兑奶、兑气泡都行", picture: "bottle", price: 8900, market: 10900, stock: 45,
			dims:   []dimension{{"口味", []option{{"原味", 0}, {"桂花", 500}, {"海盐", 500}}}},
			scarce: map[string]int64{"海盐": 0, "桂花": 3},
			detail: "低温慢萃 14 小时，每瓶 200ml 约出三杯。配料只有水和咖啡豆。冷藏保存 60 天。",
		},
	}
}

func shanyeTools() []productPlan {
	return []productPlan{
		{
			title: "V60 手冲套装 滤杯与分享壶", subtitle: "入门只要这一套", picture: "dripper", price: 13800, market: 16800, stock: 32,
			dims:   []dimension{{"材质", []option{{"树脂", 0}, {"陶瓷", 4000}}}, {"颜色", []option{{"米白", 0}, {"黑", 0}}}},
			detail: "01 号滤杯、600ml 耐热分享壶、40 张滤纸、量勺，附一张画得很清楚的冲煮卡。",
		},
		{
			title: "细口手冲壶 600ml", subtitle: "水流听你的", picture: "kettle", price: 18800, market: 22800, stock: 27,
			dims:   []dimension{{"颜色", []option{{"雾蓝", 0}, {"不锈钢原色", -1000}}}},
			detail: "304 不锈钢，壶嘴内径 5mm，鹤嘴出水稳定。可用于电陶炉与燃气，不可用于电磁炉。",
		},
		{
			title: "紫砂西施壶 半手工 180ml", subtitle: "底槽清，配乌龙与熟普", picture: "teapot", price: 46800, market: 58800, stock: 8, shelf: catalog.OffShelf,
			detail: "匠人休窑中，下一窑预计秋天。",
		},
		{
			title: "百本立茶筅与茶碗套装", subtitle: "在家打一碗沫浡", picture: "matcha", price: 15800, stock: 21,
			dims:   []dimension{{"茶碗", []option{{"黑乐", 0}, {"青瓷", 1000}}}},
			detail: "白竹茶筅一百二十本，茶碗、茶杓、筅立各一。茶筅是消耗品，用前温水泡软更耐用。",
		},
	}
}

func shanyeSnacks() []productPlan {
	return []productPlan{
		{
			title: "黄油曲奇 三味铁盒", subtitle: "配红茶刚好的甜度", picture: "cookies", price: 5800, market: 6800, stock: 98,
			dims:   []dimension{{"口味", []option{{"原味", 0}, {"抹茶", 0}, {"伯爵红茶", 0}}}},
			detail: "新西兰黄油占三成，手工挤花，每盒 280g。保质期 90 天，开盒后请密封。",
		},
		{
			title: "炭焙每日坚果 无添加", subtitle: "六种坚果，没有糖和盐", picture: "pouch", price: 6900, market: 8900, stock: 81,
			dims:   []dimension{{"规格", []option{{"7 小袋", 0}, {"30 小袋", 17000}}}},
			detail: "巴旦木、腰果、核桃、榛子、夏威夷果、南瓜子，低温炭焙。每袋 25g。",
		},
		{
			title: "秦岭土蜂蜜 一年一割", subtitle: "会结晶的才是它", picture: "jar", price: 8800, market: 10800, stock: 40,
			dims:   []dimension{weights("250g", "500g", 7200)},
			scarce: map[string]int64{"500g": 2},
			detail: "秦岭南麓中华蜂，一年只在霜降前割一次。低温会结晶成膏，40℃ 温水化开即可。",
		},
		{
			title: "单一产地黑巧 海南 72%", subtitle: "从可可豆开始自己做", picture: "chocolate", price: 4500, stock: 66,
			dims:   []dimension{{"口味", []option{{"原味", 0}, {"海盐", 0}, {"陈皮", 300}}}},
			detail: "海南兴隆可可豆，慢磨 60 小时。每块 60g，配料：可可豆、可可脂、甘蔗糖。",
		},
		{
			title: "春山青团 限定试做", subtitle: "清明前后上架", picture: "cookies", price: 3900, stock: 0, shelf: catalog.Draft,
			detail: "艾草青团，豆沙与咸蛋黄肉松两味。配方还在调。",
		},
	}
}
