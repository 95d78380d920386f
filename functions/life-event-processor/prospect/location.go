package prospect

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// location is where a prospect lives: in a zip, in a city or at a point. place has that part alone.
type location struct {
	place  area.Place
	stated table.Raw // as the prospect has it: a text, or a point with lat and lng
}

// longestText is how many bytes a location's text may have.
const longestText = 1024

// locationOf reads a location, and tells whether it is one.
func locationOf(value types.AttributeValue) (location, bool) {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		text, ok := textOf(value)
		if !ok || len(text) > longestText {
			return location{}, false
		}
		return location{place: placeNamed(text), stated: table.Raw{AttributeValue: value}}, true
	case *types.AttributeValueMemberM:
		var point area.Location
		if point.UnmarshalDynamoDBAttributeValue(value) != nil || !point.Valid() {
			return location{}, false
		}
		stated := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"lat": value.Value["lat"], "lng": value.Value["lng"],
		}}
		return location{place: area.Place{Location: &point}, stated: table.Raw{AttributeValue: stated}}, true
	}
	return location{}, false
}

// placeNamed is a zip such as 98029 or 98029-1234, else a city.
func placeNamed(text string) area.Place {
	text = strings.TrimSpace(text)
	five, four, plusFour := strings.Cut(text, "-")
	if areDigits(five, 5) && (!plusFour || areDigits(four, 4)) {
		return area.Place{ZIP: five}
	}
	return area.Place{City: text}
}

func areDigits(text string, count int) bool {
	return len(text) == count && strings.Trim(text, "0123456789") == ""
}
