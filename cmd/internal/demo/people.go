package demo

import (
	"context"
	"fmt"

	"galleria/commerce/member"
)

// person is a fictional buyer. The districts exist, the rest is made up.
type person struct {
	nickname string // also who holds the phone at the sandbox
	name     string
	phone    string
	province string
	city     string
	district string
	code     string // GB/T 2260
	detail   string
}

// buyer is a person who has become a member.
type buyer struct {
	name      string // at the sandbox
	openID    string
	memberID  int64
	addressID int64
}

// welcome lets the people log in for the first time and write down where they live.
func (s *seeding) welcome(ctx context.Context) error {
	for _, p := range s.plan.people {
		b, err := s.welcomeOne(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.nickname, err)
		}
		s.members = append(s.members, b)
	}
	return nil
}

func (s *seeding) welcomeOne(ctx context.Context, p person) (buyer, error) {
	code, err := s.Sandbox.Login(s.plan.appID, p.nickname)
	if err != nil {
		return buyer{}, err
	}
	session, err := s.MiniProgram.Login(ctx, s.shop.ID, s.app, code)
	if err != nil {
		return buyer{}, err
	}
	tokens, err := s.Members.Login(ctx, s.shop.ID, member.LoginInput{AppID: s.app, OpenID: session.OpenID, UnionID: session.UnionID})
	if err != nil {
		return buyer{}, err
	}
	b := buyer{name: p.nickname, openID: session.OpenID, memberID: tokens.MemberID}
	if err := s.Members.SetNickname(ctx, s.shop.ID, b.memberID, p.nickname); err != nil {
		return buyer{}, err
	}
	known, err := s.Members.Addresses(ctx, s.shop.ID, b.memberID)
	if err != nil {
		return buyer{}, err
	}
	if len(known) > 0 {
		b.addressID = known[0].ID
		return b, nil
	}
	address, err := s.Members.AddAddress(ctx, s.shop.ID, b.memberID, member.AddressInput{
		Name: p.name, Phone: p.phone, Province: p.province, City: p.city, District: p.district, DivisionCode: p.code, Detail: p.detail, IsDefault: true,
	})
	b.addressID = address.ID
	return b, err
}

// perShop is how many people know each shop.
const perShop = 12

func homePeople() []person { return people()[:perShop] }

func teaPeople() []person { return people()[perShop:] }

func people() []person {
	return []person{
		{"小满", "陆小满", "13800000101", "浙江省", "杭州市", "西湖区", "330106", "文三路 259 号昌地火炬大厦 1 号楼 702 室"},
		{"阿棠同学", "苏棠", "13800000102", "上海市", "上海市", "徐汇区", "310104", "衡山路 611 弄 8 号 302 室"},
		{"晚风不识路", "周晚", "13800000103", "江苏省", "苏州市", "姑苏区", "320508", "平江路 168 号 3 幢 201 室"},
		{"一只橘猫", "程野", "13800000104", "四川省", "成都市", "武侯区", "510107", "人民南路四段 27 号商鼎国际 2 栋 1503"},
		{"木木夕", "林梦夕", "13800000105", "广东省", "广州市", "天河区", "440106", "体育西路 189 号城建大厦 11 楼"},
		{"江边钓雪", "何江", "13800000106", "湖北省", "武汉市", "江汉区", "420103", "建设大道 568 号新世界国贸 2 座 2108"},
		{"栗子面包", "许栗", "13800000107", "北京市", "北京市", "朝阳区", "110105", "酒仙桥路 4 号 798 艺术区 B07"},
		{"南风知意", "叶知南", "13800000108", "福建省", "厦门市", "思明区", "350203", "中山路 333 号 5 楼 502"},
		{"Momo妈妈", "冯静", "13800000109", "广东省", "深圳市", "南山区", "440305", "海德三道 199 号天利中央广场 B 座 1806"},
		{"山城老李", "李建业", "13800000110", "重庆市", "重庆市", "渝中区", "500103", "较场口 88 号得意广场 A 塔 2301"},
		{"鹿鸣", "唐鹿鸣", "13800000111", "陕西省", "西安市", "雁塔区", "610113", "小寨东路 3 号百隆广场 1 单元 1204"},
		{"秋裤要扎进袜子里", "赵秋实", "13800000112", "辽宁省", "大连市", "中山区", "210202", "人民路 26 号中国人寿大厦 15 层"},

		{"老茶客张", "张守义", "13800000201", "福建省", "福州市", "鼓楼区", "350102", "五四路 158 号环球广场 22 层"},
		{"手冲学徒", "沈知远", "13800000202", "上海市", "上海市", "静安区", "310106", "愚园路 309 号 2 层"},
		{"七分糖", "蒋甜", "13800000203", "江苏省", "南京市", "秦淮区", "320104", "中山南路 49 号商茂世纪广场 1906"},
		{"云上的日子", "白云", "13800000204", "云南省", "昆明市", "五华区", "530102", "东风西路 123 号三合商利大厦 8 楼"},
		{"大梦先生", "孟大可", "13800000205", "北京市", "北京市", "海淀区", "110108", "中关村大街 27 号中关村大厦 1105"},
		{"早起喝咖啡的猫", "顾晓", "13800000206", "广东省", "深圳市", "福田区", "440304", "深南大道 6008 号特区报业大厦 17 层"},
		{"桂花树下", "吴桂芳", "13800000207", "浙江省", "杭州市", "上城区", "330102", "中山中路 201 号 1 单元 402"},
		{"阿浪", "黄浪", "13800000208", "广东省", "广州市", "越秀区", "440104", "北京路 238 号名盛广场 12 楼 06"},
		{"程序员小崔", "崔文博", "13800000209", "山东省", "青岛市", "市南区", "370202", "香港中路 76 号颐中皇冠 2504"},
		{"冬眠中", "宋冬", "13800000210", "黑龙江省", "哈尔滨市", "道里区", "230102", "中央大街 69 号 3 单元 601"},
		{"见山", "秦见山", "13800000211", "湖南省", "长沙市", "岳麓区", "430104", "枫林三路 20 号云栖谷 6 栋 1702"},
		{"橙子汽水", "梁橙", "13800000212", "河南省", "郑州市", "金水区", "410105", "花园路 39 号正弘国际 2 号楼 1511"},
	}
}

func remarks() []string {
	return []string{
		"送人的，麻烦不要放价格单，谢谢", "工作日请送到前台", "易碎品请多包一层，上次有点磕碰", "不急，周末送到就好",
		"放门口鞋柜上，谢谢快递小哥", "发货前请打个电话", "请开电子发票，抬头个人",
	}
}
