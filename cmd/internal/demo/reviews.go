package demo

import (
	"context"
	"fmt"
	"time"

	"galleria/commerce/order"
	"galleria/commerce/review"
	"galleria/tenant/tenantdb"
)

// praisePlan is what a buyer says of something that arrived, and what the shop answers.
type praisePlan struct {
	score     int
	body      string
	anonymous bool
	reply     string // empty: none
}

func praises() []praisePlan {
	return []praisePlan{
		{5, "包装很用心，收到时完好无损，和图片一样好看。", false, "谢谢喜欢，欢迎常来！"},
		{5, "第二次买了，品质稳定，家里人都说好。", false, ""},
		{4, "东西不错，就是快递慢了一天。", true, "抱歉让您久等，我们已经和快递沟通。"},
		{5, "送朋友的，她很喜欢，手写卡片很暖心。", false, ""},
		{3, "比想象中小一点，做工可以，价格再低些就好了。", true, "感谢反馈，详情页已补充尺寸图。"},
		{5, "客服耐心，回答很快，下次还来。", false, ""},
		{4, "整体满意，颜色比照片略深。", false, ""},
		{2, "收到有一处小磕碰，联系后给补发了，处理还算及时。", true, "实在抱歉，已为您补发，并加厚了包装。"},
	}
}

// praise sends the shop's oldest paid orders, has them received, and reviewed with the words of
// praises. What an interrupted seed has done stays.
func (s *seeding) praise(ctx context.Context, orders []orderPlan) error {
	words := praises()
	for _, o := range orders {
		if len(words) == 0 {
			return nil
		}
		if o.fate != fatePaid {
			continue
		}
		if err := s.arriveAndPraise(ctx, o, words[0]); err != nil {
			return fmt.Errorf("order %d: %w", o.number, err)
		}
		words = words[1:]
	}
	return nil
}

func (s *seeding) arriveAndPraise(ctx context.Context, o orderPlan, p praisePlan) error {
	const hoursToSend, daysOnTheWay = 6 * time.Hour, 2 * 24 * time.Hour
	who := s.members[o.buyer]
	placed, _, err := s.Orders.Place(ctx, s.shop.ID, s.placeInput(o, who)) // again: it tells its number
	if err != nil {
		return err
	}
	current, err := s.Orders.Get(ctx, s.shop.ID, who.memberID, placed.OrderNo)
	if err != nil {
		return err
	}
	if current.Status == order.Paid {
		s.Clock.Set(o.at.Add(hoursToSend))
		if _, err := s.Orders.Ship(ctx, s.shop.ID, order.ShipInput{OrderNo: placed.OrderNo, Courier: "sf", TrackingNo: s.trackingNo("SF", o), Actor: "system"}); err != nil {
			return err
		}
	}
	s.Clock.Set(o.at.Add(hoursToSend + daysOnTheWay))
	if _, err := s.Orders.Receive(ctx, s.shop.ID, who.memberID, placed.OrderNo); err != nil {
		return err
	}
	written, err := s.review(ctx, placed.OrderNo, who, p)
	if err != nil || written == 0 || p.reply == "" {
		return err
	}
	return s.Reviews.Reply(ctx, s.shop.ID, written, p.reply, "system")
}

// review writes about the first thing of an order, and lets others see it; 0 if it was written
// before.
func (s *seeding) review(ctx context.Context, orderNo string, who buyer, p praisePlan) (reviewID int64, err error) {
	var lineID int64
	err = s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error {
		got, err := s.Orders.ArrivedTx(ctx, tx, orderNo)
		if err != nil {
			return err
		}
		lines := make([]review.Line, len(got.Lines))
		for i, l := range got.Lines {
			lines[i] = review.Line(l)
		}
		lineID = lines[0].LineID
		return s.Reviews.InviteTx(ctx, tx, orderNo, who.memberID, got.At, lines)
	})
	if err != nil {
		return 0, err
	}
	out, err := s.Reviews.Write(ctx, s.shop.ID, review.WriteInput{LineID: lineID, MemberID: who.memberID, AppID: s.plan.appID, Score: p.score, Body: p.body, Anonymous: p.anonymous})
	if err != nil {
		return 0, err
	}
	err = s.DB.InTenant(ctx, s.shop.ID, func(tx tenantdb.Tx) error {
		return s.Reviews.JudgeTx(ctx, tx, out.ID, review.First, review.Verdict{Pass: true})
	})
	return out.ID, err
}
