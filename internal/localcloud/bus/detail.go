package bus

import "github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"

// lineage is what a detail's metadata tells of where an event comes from.
type lineage struct {
	correlationID, causationID string
}

// readDetail tells whether a detail is what AWS takes: a JSON object. On the way it picks up the lineage.
func readDetail(detail []byte) (lineage, bool) {
	var found lineage
	i := scan.Space(detail, 0)
	if i >= len(detail) || detail[i] != '{' {
		return found, false
	}
	end := members(detail, i, scan.Int64Value, func(name, value []byte) {
		if string(name) == `"metadata"` && value[0] == '{' {
			found = lineageOf(value)
		}
	})
	return found, end != scan.Invalid && scan.Space(detail, end) == len(detail)
}

func lineageOf(metadata []byte) lineage {
	var found lineage
	members(metadata, 0, scan.Value, func(name, value []byte) {
		if value[0] != '"' {
			return
		}
		switch string(name) {
		case `"correlationId"`:
			found.correlationID = string(scan.AppendText(nil, value))
		case `"causationId"`:
			found.causationID = string(scan.AppendText(nil, value))
		}
	})
	return found
}

// members calls visit with the name's token and the value of each member of the object at data[i], and returns the index
// after the object.
func members(data []byte, i int, read func([]byte, int) int, visit func(name, value []byte)) int {
	i = scan.Space(data, i+1)
	for first := true; i < len(data) && data[i] != '}'; first = false {
		if !first {
			if data[i] != ',' {
				return scan.Invalid
			}
			i = scan.Space(data, i+1)
		}
		nameEnd, start := scan.Key(data, i)
		if nameEnd == scan.Invalid {
			return scan.Invalid
		}
		end := read(data, start)
		if end == scan.Invalid {
			return scan.Invalid
		}
		visit(data[i:nameEnd], data[start:end])
		i = scan.Space(data, end)
	}
	if i >= len(data) {
		return scan.Invalid
	}
	return i + 1
}
