package demonstration

import (
	_ "embed" // the sample of sales
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

//go:embed king-county-sales.csv
var sales string

// Property is a property of the sample, as the market offers it.
type Property struct {
	MLSNumber  string
	Price      price.Amount
	Bedrooms   float64
	Bathrooms  float64
	SquareFeet float64
	ZIP        string
	Latitude   float64
	Longitude  float64
}

// City is the city that the property's zip belongs to.
func (p Property) City() string {
	switch p.ZIP {
	case "98029":
		return "Issaquah"
	case "98033":
		return "Kirkland"
	case "98052":
		return "Redmond"
	case "98075":
		return "Sammamish"
	}
	return "Seattle"
}

// The columns of the sample.
const (
	columnParcel = iota
	columnSoldOn
	columnPrice
	columnBedrooms
	columnBathrooms
	columnSquareFeet
	columnZIP
	columnLatitude
	columnLongitude
	columns
)

// Market reads the sample: 300 real sales in King County, in six zips (origin: README.md beside this file).
func Market() ([]Property, error) {
	reader := csv.NewReader(strings.NewReader(sales))
	reader.FieldsPerRecord = columns
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the sample of sales: %w", err)
	}
	properties := make([]Property, 0, len(rows)-1)
	for _, row := range rows[1:] {
		property, err := propertyOf(row)
		if err != nil {
			return nil, fmt.Errorf("read the sale of parcel %s: %w", row[columnParcel], err)
		}
		properties = append(properties, property)
	}
	return properties, nil
}

func propertyOf(row []string) (Property, error) {
	property := Property{MLSNumber: "KC" + row[columnParcel], ZIP: row[columnZIP]}
	var err error
	if property.Price, err = price.Parse(row[columnPrice]); err != nil {
		return Property{}, err
	}
	for column, into := range map[int]*float64{
		columnBedrooms:   &property.Bedrooms,
		columnBathrooms:  &property.Bathrooms,
		columnSquareFeet: &property.SquareFeet,
		columnLatitude:   &property.Latitude,
		columnLongitude:  &property.Longitude,
	} {
		if *into, err = strconv.ParseFloat(row[column], 64); err != nil {
			return Property{}, err
		}
	}
	return property, nil
}

// Fall is a property whose price has fallen between the two syncs of the demonstration.
type Fall struct {
	Property

	NewPrice price.Amount
}

// Falls lets the price of every tenth property of the market fall: by 3, 8, 12 and 16 percent in turn, to whole dollars.
func Falls(market []Property) []Fall {
	percents := []int64{3, 8, 12, 16}
	var falls []Fall
	for i := 0; i < len(market); i += 10 {
		percent := percents[len(falls)%len(percents)]
		reduced := int64(market[i].Price) * (100 - percent) / 100
		falls = append(falls, Fall{Property: market[i], NewPrice: price.Amount(reduced / 100 * 100)})
	}
	return falls
}
