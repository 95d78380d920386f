// Package area decides whether a place lies in one of the areas that an agent watches (rules: Area matching).
package area

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The types of a target area.
const (
	ZIP     = "zip"
	City    = "city"
	Polygon = "polygon"
)

// Target is an area as an agent's settings state it.
type Target struct {
	ID    string `dynamodbav:"id"`
	Type  string `dynamodbav:"type"` // ZIP, City or Polygon
	Value Value  `dynamodbav:"value"`
	Label string `dynamodbav:"label"`

	unreadable error
}

// UnmarshalDynamoDBAttributeValue reads a target, and keeps what is wrong with it for New to tell: one unreadable area
// must not make the agent's settings unreadable.
func (t *Target) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	type plain Target
	var read plain
	if err := attributevalue.Unmarshal(value, &read); err != nil {
		read.unreadable = err
	}
	*t = Target(read)
	return nil
}

// Value is what a target area consists of: a text for a zip or a city, coordinates for a polygon.
type Value struct {
	Text        string
	Coordinates []Location
}

// UnmarshalDynamoDBAttributeValue reads a text or a map with coordinates.
func (v *Value) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		v.Text = value.Value
	case *types.AttributeValueMemberM:
		if coordinates, found := value.Value["coordinates"]; found {
			if err := attributevalue.Unmarshal(coordinates, &v.Coordinates); err != nil {
				return fmt.Errorf("coordinates: %w", err)
			}
		}
	default:
		return fmt.Errorf("value must be a text or a map with coordinates")
	}
	return nil
}

// Location is a point on the earth in degrees.
type Location struct {
	Latitude  float64
	Longitude float64
}

// UnmarshalDynamoDBAttributeValue reads a map with lat and lng. Half a point is none.
func (l *Location) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var read struct {
		Latitude  *float64 `dynamodbav:"lat"`
		Longitude *float64 `dynamodbav:"lng"`
	}
	if err := attributevalue.Unmarshal(value, &read); err != nil {
		return err
	}
	if read.Latitude == nil || read.Longitude == nil {
		return errors.New("a point needs lat and lng")
	}
	*l = Location{Latitude: *read.Latitude, Longitude: *read.Longitude}
	return nil
}

// Valid tells whether there is such a point.
func (l Location) Valid() bool {
	return -90 <= l.Latitude && l.Latitude <= 90 && -180 <= l.Longitude && l.Longitude <= 180
}
