package table

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// isoMilliseconds is how the platform writes dates: UTC with milliseconds.
const isoMilliseconds = "2006-01-02T15:04:05.000Z"

// Date is a point in time in an item. It is read as an ISO-8601 text or as a number of Unix milliseconds, and written as
// a text in UTC with milliseconds.
type Date struct{ time.Time }

// The years that dates lie in. What is outside was written in another unit, such as microseconds.
const (
	firstYear = 1900
	lastYear  = 2200
)

// ParseDate reads an ISO-8601 text: a date and time with its offset, or a date alone, which begins in UTC.
func ParseDate(text string) (Date, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return Date{at.UTC()}, nil
		}
	}
	return Date{}, fmt.Errorf("not an ISO-8601 date")
}

func (d Date) String() string { return d.UTC().Format(isoMilliseconds) }

// MarshalDynamoDBAttributeValue writes the date as the platform does.
func (d Date) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	return Text(d.String()), nil
}

// UnmarshalDynamoDBAttributeValue reads both forms.
func (d *Date) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) (err error) {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		*d, err = ParseDate(value.Value)
		return err
	case *types.AttributeValueMemberN:
		milliseconds, err := strconv.ParseInt(value.Value, 10, 64)
		if err != nil {
			return fmt.Errorf("not a whole number of milliseconds")
		}
		at := time.UnixMilli(milliseconds).UTC()
		if at.Year() < firstYear || at.Year() > lastYear {
			return fmt.Errorf("not a number of milliseconds of this age")
		}
		*d = Date{at}
		return nil
	case *types.AttributeValueMemberNULL:
		return nil
	}
	return fmt.Errorf("a date must be a text or a number")
}

// Milliseconds is a point in time in an item that is written as a number of Unix milliseconds. It is read in both forms;
// 0 is no time.
type Milliseconds int64

// UnmarshalDynamoDBAttributeValue reads both forms.
func (m *Milliseconds) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var date Date
	if err := date.UnmarshalDynamoDBAttributeValue(value); err != nil {
		return err
	}
	if !date.IsZero() {
		*m = Milliseconds(date.UnixMilli())
	}
	return nil
}

// Date is the point in time.
func (m Milliseconds) Date() Date { return Date{time.UnixMilli(int64(m)).UTC()} }
