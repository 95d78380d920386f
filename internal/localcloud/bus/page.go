package bus

import (
	"cmp"
	"encoding/base64"
	"slices"
)

// page is what the requests for lists have in common.
type page struct {
	Limit     *int
	NextToken string
}

// cut orders a list by its items' names and returns the page of it that is asked for, with the token of the next one.
func cut[Item any](list []Item, asked page, name func(Item) string) (items []Item, nextToken string, err error) {
	const longest = 100
	limit := longest
	var c constraints
	c.within(asked.Limit, "limit", 1, longest)
	if err := c.err(); err != nil {
		return nil, "", err
	}
	if asked.Limit != nil {
		limit = *asked.Limit
	}
	slices.SortFunc(list, func(a, b Item) int { return cmp.Compare(name(a), name(b)) })
	if asked.NextToken != "" {
		last, err := base64.RawURLEncoding.DecodeString(asked.NextToken)
		if err != nil {
			return nil, "", invalid("Parameter NextToken is not valid.")
		}
		list = slices.DeleteFunc(list, func(item Item) bool { return name(item) <= string(last) })
	}
	if len(list) > limit {
		nextToken = base64.RawURLEncoding.EncodeToString([]byte(name(list[limit-1])))
		list = list[:limit]
	}
	if list == nil {
		list = []Item{} // AWS lists nothing as [], not as null
	}
	return list, nextToken, nil
}
