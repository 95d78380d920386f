package trend

import (
	"fmt"
	"time"
)

// month is a calendar month in UTC, counted from the year 0, so that months can be subtracted.
type month int

func monthOf(at time.Time) month {
	at = at.UTC()
	return month(at.Year()*12 + int(at.Month()) - 1)
}

// String is the month as YYYY-MM.
func (m month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }
