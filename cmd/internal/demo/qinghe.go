package demo

import "galleria/commerce/catalog"

// qinghe is 青禾生活: pottery, cloth, light and scent for the home.
func qinghe() shopPlan {
	return shopPlan{
		handle: "qinghe", name: "青禾生活", appID: "wx5c1e8a7f30b2d946", appTag: "青禾生活馆",
		mchID: "1700026011", templateID: "QHorderPaid-2f7c1Vd0aKx93mLr5e8TzYw", salt: 5,
		channels: channelPlan{signApp: "2021004100026011", seller: "2088001700026011", merID: "777290017000261"},
		staff: []staffPlan{
			{"qinghe-owner", "林晚青", owner},
			{"qinghe-clerk", "周禾", clerk},
		},
		people: homePeople(),
		categories: []categoryPlan{
			{name: "餐厨", picture: "board", products: qingheKitchen()},
			{name: "杯壶", under: "餐厨", picture: "mug", products: qingheCups()},
			{name: "碗盘", under: "餐厨", picture: "bowl", products: qingheDishes()},
			{name: "布艺", picture: "cushion", products: qingheCloth()},
			{name: "灯与香", picture: "lamp", products: qingheLight()},
			{name: "收纳", picture: "basket", products: qingheStorage()},
			{name: "书桌与绿植", picture: "plant", products: qingheDesk()},
		},
	}
}

func qingheKitchen() []productPlan {
	return []productPlan{
		{
			title: "整木相思木砧板 带挂孔", subtitle: "一整块木头，没有拼缝", picture: "board", price: 12800, market: 16800, stock: 36,
			dims:   []dimension{{"尺寸", []option{{"小号 30×20cm", 0}, {"中号 38×25cm", 4000}, {"大号 45×30cm", 9000}}}},
			scarce: map[string]int64{"大号 45×30cm": 4},
			detail: "整块相思木切成，没有胶水拼缝，切菜声音闷而稳。\n首次使用请薄涂一层食用油，晾干一夜。请勿浸泡、勿进洗碗机。木纹每块不同，图片仅供参考。",
		},
		{
			title: "水洗亚麻围裙 双口袋", subtitle: "越洗越软，油点不显", picture: "apron", price: 9900, market: 12900, stock: 42,
			dims:   []dimension{{"颜色", []option{{"燕麦", 0}, {"苔绿", 0}, {"藏青", 0}}}, {"尺码", []option{{"均码", 0}, {"加长", 1000}}}},
			detail: "100% 亚麻，水洗处理，出厂已缩水。后背交叉肩带，脖子不勒。两个大口袋装得下手机和菜谱。\n30℃ 以下机洗，悬挂晾干。",
		},
		{
			title: "榉木长柄汤勺锅铲三件套", subtitle: "不伤不粘锅的老实木头", picture: "board", price: 6800, stock: 58,
			detail: "一把炒铲、一把汤勺、一把漏勺，榉木打磨到 400 目，木蜡油收尾。\n长 32cm，挂孔配棉绳。用后冲净擦干即可。",
		},
	}
}

func qingheCups() []productPlan {
	return []productPlan{
		{
			title: "手作粗陶马克杯 350ml", subtitle: "一杯一釉，拿在手里刚刚好", picture: "mug", price: 6800, market: 8800, stock: 64,
			dims:   []dimension{{"釉色", []option{{"米白", 0}, {"苔绿", 0}, {"雾蓝", 500}, {"赭石", 500}}}},
			scarce: map[string]int64{"雾蓝": 3},
			detail: "龙泉匠人手工拉坯，1280℃ 还原烧。杯口微微内收，喝咖啡不洒；杯底留一圈素胎，放桌上不打滑。\n可进微波炉、洗碗机。手作器物有细小气孔与釉泪，不算瑕疵。",
		},
		{
			title: "青瓷侧把急须壶 220ml", subtitle: "出水如线，断水不滴", picture: "teapot", price: 26800, market: 32800, stock: 22,
			dims:   []dimension{{"釉色", []option{{"粉青", 0}, {"梅子青", 2000}}}},
			scarce: map[string]int64{"梅子青": 0},
			detail: "一把适合独饮的侧把壶。壶嘴内置陶质滤孔 138 个，绿茶、焙茶都不堵。\n容量 220ml，壶高 7.5cm。开壶只需沸水淋两遍。",
		},
		{
			title: "耐热玻璃花茶壶 600ml", subtitle: "看得见花开的一壶", picture: "glasspot", price: 11800, market: 13800, stock: 31,
			detail: "高硼硅玻璃，-20℃ 到 150℃ 不怕骤冷骤热，可直接上电陶炉。壶盖为胡桃木，内置玻璃茶漏可拆洗。",
		},
		{
			title: "真空保温杯 480ml 轻量款", subtitle: "210 克，放进通勤包没有负担", picture: "tumbler", price: 15800, market: 19800, stock: 47,
			dims:   []dimension{{"颜色", []option{{"砂岩", 0}, {"远山", 0}, {"炭黑", 0}}}, {"刻字", []option{{"不刻字", 0}, {"刻字（8 字内）", 2000}}}},
			detail: "316 不锈钢内胆，保温 6 小时 ≥ 68℃，保冷 12 小时 ≤ 10℃。杯口 43mm，冰块放得进。\n刻字请在订单备注写明内容，刻字商品不支持无理由退换。",
		},
		{
			title: "一人食咖啡杯碟 200ml", subtitle: "拉花杯型，配同色碟", picture: "latte", price: 8600, stock: 39,
			dims:   []dimension{{"颜色", []option{{"奶油白", 0}, {"陶土粉", 0}}}},
			detail: "圆底厚壁，奶泡融合得快；杯耳能放进两根手指。含碟，碟径 15cm。可进洗碗机。",
		},
	}
}

func qingheDishes() []productPlan {
	return []productPlan{
		{
			title: "柴烧斗笠饭碗 11.5cm", subtitle: "火痕天成，没有两只相同", picture: "bowl", price: 5800, market: 7200, stock: 76,
			dims:   []dimension{{"火色", []option{{"灰釉", 0}, {"火痕", 800}}}},
			detail: "松柴连烧三昼夜，落灰成釉。碗壁向外斜开，盛饭好看，端着不烫手。\n口径 11.5cm，高 6cm。请勿进微波炉。",
		},
		{
			title: "家常八寸餐盘 手绘叶纹", subtitle: "釉下彩，洗不掉的那片叶子", picture: "plate", price: 4900, market: 6900, stock: 88,
			dims:   []dimension{{"纹样", []option{{"银杏", 0}, {"橄榄", 0}, {"蕨", 0}}}, {"数量", []option{{"单只", 0}, {"四只装", 13000}}}},
			detail: "景德镇手绘釉下彩，铅镉未检出。盘沿微微上翘，有汤汁的菜也不怕。直径 20.5cm，可叠放。",
		},
		{
			title: "双耳焗饭碗 耐高温陶", subtitle: "从烤箱直接端上桌", picture: "bowl", price: 7900, stock: 44,
			detail: "锂辉石陶土，烤箱 250℃、明火、微波炉都可以。容量 550ml，一个人刚好吃完。",
		},
		{
			title: "迎春餐具礼盒 两碗两盘两筷", subtitle: "乔迁、新婚都拿得出手", picture: "giftbox", price: 32800, market: 39800, stock: 18,
			dims:   []dimension{{"釉色", []option{{"月白", 0}, {"烟青", 0}}}},
			scarce: map[string]int64{"烟青": 4},
			detail: "两只饭碗、两只八寸盘、两双鸡翅木筷，磁扣礼盒，附手写卡片（内容请写在订单备注）。",
		},
		{
			title: "旧款釉下蓝面碗 7 英寸", subtitle: "停产款，仅供老顾客查阅", picture: "bowl", price: 4200, stock: 9, shelf: catalog.OffShelf,
			detail: "此款釉料已停产，不再补货。",
		},
	}
}

func qingheCloth() []productPlan {
	return []productPlan{
		{
			title: "长绒棉缎档毛巾 三条装", subtitle: "三分钟吸干头发", picture: "towel", price: 8900, market: 11900, stock: 92,
			dims:   []dimension{{"配色", []option{{"燕麦·陶土·炭灰", 0}, {"雾蓝·米白·苔绿", 0}}}},
			detail: "新疆长绒棉 32 支，每条 130 克。首次清洗会有少量浮毛，属正常现象。34×76cm。",
		},
		{
			title: "新疆棉双层纱布盖毯", subtitle: "四季都能盖的一层温柔", picture: "blanket", price: 23900, market: 29900, stock: 33,
			dims: []dimension{
				{"颜色", []option{{"麦秆", 0}, {"灰豆绿", 0}, {"烟粉", 0}}},
				{"尺寸", []option{{"单人 150×200", 0}, {"双人 200×230", 9000}}},
				{"包装", []option{{"简装", 0}, {"礼盒", 2500}}},
			},
			scarce: map[string]int64{"烟粉/双人 200×230/礼盒": 0, "灰豆绿/双人 200×230/礼盒": 2},
			detail: "A 类婴幼儿标准。双层纱布之间有空气层，空调房、换季、飞机上都合适。\n可机洗，洗后更蓬松，不需要熨。",
		},
		{
			title: "色织格纹抱枕 含芯", subtitle: "沙发角落的那一点颜色", picture: "cushion", price: 7900, stock: 54,
			dims:   []dimension{{"花色", []option{{"水纹绿", 0}, {"水纹蓝", 0}, {"水纹赭", 0}}}, {"尺寸", []option{{"45×45cm", 0}, {"30×50cm 腰枕", -1000}}}},
			detail: "色织棉麻面料，隐形拉链，枕套可拆洗。芯为高弹聚酯纤维，压扁拍两下就回来。",
		},
		{
			title: "水洗棉四件套 素色", subtitle: "躺上去像穿旧了的 T 恤", picture: "bedding", price: 39900, market: 52900, stock: 26,
			dims:   []dimension{{"颜色", []option{{"云灰", 0}, {"杏仁", 0}, {"墨绿", 0}}}, {"尺寸", []option{{"1.5m 床", 0}, {"1.8m 床", 4000}}}},
			detail: "60 支水洗棉，被套四角及长边共八个系带，被芯不跑。含被套、床单、两只枕套。",
		},
		{
			title: "羊毛混纺披肩毯 春季预售", subtitle: "三月上架，先看看样子", picture: "blanket", price: 29900, stock: 0, shelf: catalog.Draft,
			detail: "内蒙古羊毛 70%，聚酯纤维 30%。",
		},
	}
}

func qingheLight() []productPlan {
	return []productPlan{
		{
			title: "百褶布罩床头台灯 可调光", subtitle: "睡前一小时的光", picture: "lamp", price: 21900, market: 26900, stock: 24,
			dims:   []dimension{{"灯罩", []option{{"米色", 0}, {"豆沙", 0}}}, {"灯座", []option{{"白蜡木", 0}, {"黑胡桃", 4000}}}},
			detail: "拉绳开关，三档调光，2700K 暖光，附 LED 灯泡。线长 1.8m。底座直径 14cm，小床头柜也放得下。",
		},
		{
			title: "大豆蜡香薰蜡烛 180g", subtitle: "约 40 小时的安静", picture: "candle", price: 8800, market: 10800, stock: 61,
			dims:   []dimension{{"香型", []option{{"雨后杉林", 0}, {"白茶", 0}, {"桂花酿", 0}, {"旧书店", 0}}}},
			detail: "天然大豆蜡、棉芯，燃烧无黑烟。首次点燃请烧到蜡面全部融化，之后不会留坑。杯子用完可种多肉。",
		},
		{
			title: "藤条无火香薰 120ml", subtitle: "一推门就是自己的味道", picture: "diffuser", price: 12900, market: 15900, stock: 37,
			dims:   []dimension{{"香型", []option{{"松针与烟", 0}, {"无花果", 0}, {"海盐鼠尾草", 0}}}},
			detail: "8 支藤条，每周翻转一次，留香约 90 天。10–15 平方米空间适用。",
		},
		{
			title: "静音扫秒座钟", subtitle: "听不见的时间", picture: "clock", price: 13900, stock: 20,
			dims:   []dimension{{"颜色", []option{{"陶粉", 0}, {"橄榄", 0}}}},
			detail: "扫秒机芯，放床头也听不到滴答。按键背光，一节 5 号电池约走一年（不含电池）。",
		},
	}
}

func qingheStorage() []productPlan {
	return []productPlan{
		{
			title: "手编海草收纳篮 带提手", subtitle: "装毯子、玩具，也装刚晒好的衣服", picture: "basket", price: 9800, market: 12800, stock: 29,
			dims:   []dimension{{"尺寸", []option{{"S 28cm", 0}, {"M 34cm", 3000}, {"L 40cm", 6000}}}},
			scarce: map[string]int64{"S 28cm": 2},
			detail: "天然海草手编，双层底，内衬可拆洗。刚收到会有淡淡的海草味，通风两天即散。尺寸为直径。",
		},
		{
			title: "胡桃木玄关托盘 含花器", subtitle: "钥匙、口红和今天的心情", picture: "tray", price: 16800, stock: 0,
			detail: "黑胡桃整木挖制，配小号陶瓷花器与杯盏各一。直径 30cm。\n木料阴干中，下一批约二十天后到货。",
		},
	}
}

func qingheDesk() []productPlan {
	return []productPlan{
		{
			title: "布面精装手账本 A5", subtitle: "道林纸，钢笔不透不洇", picture: "notebook", price: 4800, market: 5800, stock: 110,
			dims:   []dimension{{"内页", []option{{"横线", 0}, {"方格", 0}, {"空白", 0}}}, {"封面", []option{{"砖红", 0}, {"靛蓝", 0}}}},
			detail: "100g 米色道林纸，224 页，180° 平摊锁线装订，附笔插与一支铅笔。",
		},
		{
			title: "琴叶榕小苗 带盆", subtitle: "不娇气，一周浇一次水", picture: "plant", price: 5900, stock: 28,
			dims:   []dimension{{"盆色", []option{{"靛蓝陶", 0}, {"素白陶", 0}}}},
			scarce: map[string]int64{"素白陶": 4},
			detail: "株高约 35cm，连盆带土发货，包活。到家先缓三天再见光，冬季低于 8℃ 的地区暂不发。",
		},
		{
			title: "手捏花器 单枝瓶", subtitle: "插一枝就够了", picture: "vase", price: 7600, market: 9600, stock: 34,
			dims:   []dimension{{"造型", []option{{"胆瓶", 0}, {"矮圆", 0}}}},
			detail: "手捏成型，外壁粗砂质感，内壁施釉不渗水。瓶口 1.8cm，适合单枝或干花。",
		},
	}
}
