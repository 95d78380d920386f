package dynamo

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// answer is the JSON object of a response while it is written.
type answer struct {
	json []byte
}

func newAnswer() *answer { return &answer{json: append(make([]byte, 0, 512), '{')} }

// name begins a member, whose value must follow.
func (a *answer) name(name string) {
	if last := a.json[len(a.json)-1]; last != '{' {
		a.json = append(a.json, ',')
	}
	a.json = append(wire.AppendString(a.json, name), ':')
}

func (a *answer) item(name string, item attribute.Map) {
	a.name(name)
	a.json = item.AppendJSON(a.json)
}

func (a *answer) int(name string, value int) {
	a.name(name)
	a.json = strconv.AppendInt(a.json, int64(value), 10)
}

func (a *answer) raw(name string, value []byte) {
	a.name(name)
	a.json = append(a.json, value...)
}

// reserve makes room for a number of bytes, and more, so that a long answer is seldom moved.
func (a *answer) reserve(bytes int) {
	if cap(a.json)-len(a.json) < bytes {
		a.json = slices.Grow(a.json, len(a.json)+bytes)
	}
}

func (a *answer) end() json.RawMessage { return append(a.json, '}') }
