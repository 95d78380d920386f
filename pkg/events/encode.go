package events

import (
	"bytes"
	"encoding/json"
	"errors"
)

// encodeDetail writes a fact with its metadata as the detail of an event.
func encodeDetail(fact Fact, metadata Metadata) ([]byte, error) {
	var detail bytes.Buffer
	encoder := json.NewEncoder(&detail)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(fact); err != nil {
		return nil, err
	}
	if !isObject(detail.Bytes()) {
		return nil, errors.New("a fact must be a JSON object")
	}
	if metadata == (Metadata{}) {
		return bytes.TrimRight(detail.Bytes(), "\n"), nil
	}
	detail.Truncate(detail.Len() - len("}\n"))
	if detail.Len() > len("{") {
		detail.WriteByte(',')
	}
	detail.WriteString(`"metadata":`)
	if err := encoder.Encode(metadata); err != nil {
		return nil, err
	}
	detail.Truncate(detail.Len() - len("\n"))
	detail.WriteByte('}')
	return detail.Bytes(), nil
}
