package listing

import "strings"

// Status is a listing's place in its life, as all providers mean it. Of a text that no provider is known to use it is that
// text, which equals none of the constants.
type Status string

// The statuses that the functions decide by.
const (
	Active    Status = "active"
	Pending   Status = "pending"
	Sold      Status = "sold"
	Expired   Status = "expired"
	Withdrawn Status = "withdrawn"
)

// StatusOf normalises RESO's StandardStatus and the common spellings of it, ignoring case and blanks.
func StatusOf(raw string) Status {
	folded := strings.ToLower(strings.Join(strings.Fields(raw), ""))
	switch folded {
	case "active", "comingsoon":
		return Active
	case "pending", "activeundercontract", "contingent", "hold":
		return Pending
	case "sold", "closed":
		return Sold
	case "expired":
		return Expired
	case "withdrawn", "canceled", "cancelled":
		return Withdrawn
	}
	return Status(strings.TrimSpace(raw))
}

// ForSale tells whether the listing is on the market or under contract.
func (s Status) ForSale() bool { return s == Active || s == Pending }
