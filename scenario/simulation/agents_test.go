package simulation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// fields are an item's Data, or a part of it.
type fields = map[string]any

// zones are where agents live: with a change of the clock in spring and autumn, in the north and the south; without one; with
// offsets of halves and quarters of an hour; with a change of half an hour, and one at midnight.
func zones() []string {
	return []string{
		"America/New_York", "America/Los_Angeles", "America/Phoenix", "America/St_Johns", "America/Havana", "America/Santiago",
		"Europe/London", "Europe/Berlin", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo",
		"Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati", "UTC",
	}
}

// trade is what an agent mostly uses the platform for.
type trade int

const (
	sells     trade = iota // watches prices
	competes               // watches competitors
	watches                // watches the market's trends
	acquires               // follows prospects
	publishes              // schedules content
	works                  // lets the AI work, and much of that goes wrong
	joins                  // comes to the platform in the course of the time
)

// agent is one agent, with all that the platform has of them.
type agent struct {
	id      string
	number  int
	trade   trade
	zone    *time.Location
	address string // empty if none is known

	// The wishes. An agent without preferences has the defaults.
	hasPreferences bool
	emailOff       bool
	frequency      string // real-time, daily or weekly
	digests        *calendar
	quiet          *quiet
	wanted         []string // alert types that mails may tell of; nil for all
	unsubscribed   string   // from nothing, "*" for everything, or a kind
	mostPrice      float64  // of the price filter; 0 for none
	threshold      int      // of lead scores
	alertsOff      bool     // the type of the agent's trade is not enabled

	joinsAt     time.Time
	zip         string
	listings    []*listing
	competitors []string
	serial      int

	connections map[string]*connection // those that there are now
	connected   []*connection          // all that there ever were, in their order
	posted      int
	prospects   []lead
}

// listing is a listing of the market that an agent looks at.
type listing struct {
	number, address string
	price           float64
	status          string
	listedAt        time.Time
	seller          string // mlsId of the listing agent
	days            int    // on the market, as the provider says; 0 says nothing
}

// connection is an agent's connection to a network.
type connection struct {
	platform, account, token string
	madeAt                   time.Time
	expiresAt                time.Time // zero for never
}

// lead is a person whom an agent may win.
type lead struct {
	id    string
	metAt time.Time
}

func alertTypes() []string {
	return []string{
		"life-event-lead", "competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal", "neighborhood-trend", "price-reduction",
	}
}

// ownTypes are the alert types of a trade.
func (k trade) ownTypes() []string {
	switch k {
	case sells:
		return []string{"price-reduction"}
	case competes:
		return []string{"competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal"}
	case watches:
		return []string{"neighborhood-trend"}
	case acquires:
		return []string{"life-event-lead"}
	default:
		return nil
	}
}

// tradeOf spreads the trades: of ten agents two sell, two acquire, two publish.
func tradeOf(number int) trade {
	return [...]trade{sells, acquires, publishes, works, competes, watches, joins, sells, acquires, publishes}[number%10]
}

func (w *world) newAgent(number int, begin time.Time, days int) *agent {
	chance := w.chance("agent", number)
	zone := w.zones[number%len(w.zones)]
	a := &agent{
		id: fmt.Sprintf("agent-%04d", number), number: number, trade: tradeOf(number/len(zones())*7 + number), zone: zone,
		frequency: "real-time", threshold: 70, connections: map[string]*connection{},
		zip: fmt.Sprintf("%05d", 10000+number),
	}
	a.address = a.id + "@agents.example"
	if a.trade == joins {
		a.joinsAt = begin.Add(time.Duration(chance.Float64() * float64(days) * 0.8 * float64(24*time.Hour)))
		return a
	}
	a.wish(chance, w.skipped[zone])
	return a
}

// wish draws what the agent wishes for, such as digests at a time that the zone skips, if it does.
func (a *agent) wish(chance *rand.Rand, skipped string) {
	if chance.IntN(25) == 0 {
		a.address = ""
	}
	a.alertsOff = chance.IntN(20) == 0
	if a.trade == sells && chance.IntN(4) == 0 {
		a.mostPrice = 600_000
	}
	a.threshold = 50 + 10*chance.IntN(5)
	a.hasPreferences = chance.IntN(4) > 0
	if !a.hasPreferences {
		return
	}
	a.emailOff = chance.IntN(20) == 0
	a.frequency = [...]string{"real-time", "daily", "daily", "weekly"}[chance.IntN(4)]
	clock := fmt.Sprintf("%02d:%02d", chance.IntN(24), 5*chance.IntN(12))
	switch chance.IntN(4) { // many choose an hour that changes of the clock skip or double
	case 0:
		clock = fmt.Sprintf("%02d:30", chance.IntN(4))
	case 1:
		clock = "09:00"
	}
	if chance.IntN(2) == 0 && skipped != "" {
		clock = skipped
	}
	if a.frequency != "real-time" {
		a.digests = &calendar{frequency: a.frequency, clock: clock, zone: a.zone, known: map[string]time.Time{}}
	}
	if chance.IntN(3) == 0 {
		hours := [...][2]string{{"22:00", "07:00"}, {"23:30", "06:15"}, {"12:00", "14:00"}, {"01:30", "02:30"}, {"00:00", "08:00"}, {"08:00", "08:00"}}
		chosen := hours[chance.IntN(len(hours))]
		a.quiet = &quiet{chosen[0], chosen[1], a.zone}
	}
	if chance.IntN(8) == 0 {
		own := a.trade.ownTypes()
		a.wanted = slices.DeleteFunc(alertTypes(), func(name string) bool { return slices.Contains(own, name) })
	}
	switch chance.IntN(12) {
	case 0:
		a.unsubscribed = "*"
	case 1:
		a.unsubscribed = "failures"
	case 2:
		if own := a.trade.ownTypes(); own != nil {
			a.unsubscribed = own[0]
		}
	}
}

// wantsMail tells whether the agent is to get mails of a kind, at once or in a digest.
func (a *agent) wantsMail(kind string) bool {
	isAlert := slices.Contains(alertTypes(), kind)
	switch {
	case a.emailOff, a.unsubscribed == "*", a.unsubscribed == kind:
		return false
	case isAlert && a.wanted != nil && !slices.Contains(a.wanted, kind):
		return false
	}
	return true
}

// settle stores what the platform has of an agent before the first day.
func (w *world) settle(a *agent) {
	profile := fields{"name": "Agent " + a.id}
	if a.address != "" {
		profile["email"] = a.address
	}
	if !a.hasPreferences || a.number%2 == 0 {
		profile["timezone"] = a.zone.String()
	}
	w.put(a, "PROFILE", "UserProfile", profile)
	if a.trade == joins {
		return
	}
	enabled := a.trade.ownTypes()
	if a.number%9 == 0 && a.trade != competes { // whose listings would raise alerts of other types, too
		enabled = alertTypes()
	}
	if a.alertsOff {
		enabled = []string{}
	}
	settings := fields{
		"userId": a.id, "enabledAlertTypes": enabled, "frequency": a.frequency, "leadScoreThreshold": a.threshold,
		"targetAreas": []fields{{"id": "1", "type": "zip", "value": a.zip, "label": "home"}}, "updatedAt": iso(time.Now()),
	}
	if a.mostPrice > 0 {
		settings["priceRangeFilters"] = fields{"max": a.mostPrice}
	}
	if a.trade != publishes && a.trade != works {
		w.put(a, "SETTINGS#ALERTS", "AlertSettings", settings)
	}
	if a.hasPreferences {
		w.put(a, "SETTINGS#NOTIFICATIONS", "NotificationPreferences", a.preferences())
	}
	if a.unsubscribed != "" {
		types := []string{}
		if a.unsubscribed != "*" {
			types = append(types, a.unsubscribed)
		}
		w.put(a, "UNSUBSCRIBE_PREFERENCES", "UnsubscribePreferences", fields{
			"userId": a.id, "globalUnsubscribe": a.unsubscribed == "*", "typeUnsubscribes": types, "updatedAt": iso(time.Now()),
		})
	}
	w.furnish(a)
}

func (a *agent) preferences() fields {
	preferences := fields{
		"userId": a.id, "emailNotifications": !a.emailOff, "frequency": a.frequency, "timezone": a.zone.String(),
		"updatedAt": iso(time.Now().AddDate(0, -1, 0)),
	}
	if a.wanted != nil {
		preferences["enabledAlertTypes"] = a.wanted
	}
	if a.digests != nil && a.digests.clock != "09:00" { // which is the default
		preferences["digestTime"] = a.digests.clock
	}
	if a.quiet != nil {
		preferences["quietHours"] = fields{"enabled": true, "startTime": a.quiet.start, "endTime": a.quiet.end, "timezone": a.quiet.zone.String()}
	}
	return preferences
}

// put stores an item of an agent as the platform does.
func (w *world) put(a *agent, sort, entity string, data fields) {
	w.putItem(a, sort, entity, data, nil)
}

func (w *world) putItem(a *agent, sort, entity string, data fields, index fields) {
	now := time.Now().UnixMilli()
	item := fields{"PK": "USER#" + a.id, "SK": sort, "EntityType": entity, "CreatedAt": now, "UpdatedAt": now, "Data": data}
	for name, value := range index {
		item[name] = value
	}
	encoded, err := attributevalue.MarshalMap(item)
	must(w.t, err)
	_, err = w.client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(w.names.table), Item: encoded})
	must(w.t, err)
}

// get reads the Data of an item; nil if there is none.
func (w *world) get(userID, sort string) fields {
	answer, err := w.client.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String(w.names.table), Key: keyOf(userID, sort)})
	must(w.t, err)
	if answer.Item == nil {
		return nil
	}
	var read struct{ Data fields }
	must(w.t, attributevalue.UnmarshalMap(answer.Item, &read))
	return read.Data
}

func (w *world) remove(userID, sort string) {
	_, err := w.client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: aws.String(w.names.table), Key: keyOf(userID, sort)})
	must(w.t, err)
}

func keyOf(userID, sort string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"PK": &types.AttributeValueMemberS{Value: "USER#" + userID}, "SK": &types.AttributeValueMemberS{Value: sort},
	}
}

// stored is an item as the auditor reads it.
type stored struct {
	PK, SK    string
	CreatedAt int64 // like UpdatedAt in milliseconds
	UpdatedAt int64
	TTL       int64 // in seconds; 0 for ever
	Data      fields
}

// created reads the items of an entity that were created in a time.
func (w *world) created(entity string, from, to time.Time) []stored {
	if !from.Before(to) {
		return nil
	}
	var found []stored
	pages := dynamodb.NewQueryPaginator(w.client, &dynamodb.QueryInput{
		TableName: aws.String(w.names.table), IndexName: aws.String("EntityTypeIndex"),
		KeyConditionExpression: aws.String("EntityType = :entity AND CreatedAt BETWEEN :from AND :to"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":entity": &types.AttributeValueMemberS{Value: entity},
			":from":   &types.AttributeValueMemberN{Value: fmt.Sprint(from.UnixMilli())},
			":to":     &types.AttributeValueMemberN{Value: fmt.Sprint(to.UnixMilli() - 1)},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		must(w.t, err)
		var items []stored
		must(w.t, attributevalue.UnmarshalListOfMaps(page.Items, &items))
		found = append(found, items...)
	}
	return found
}
