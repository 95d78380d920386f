package dynamo

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
)

// maxPage is how many bytes one Query or Scan reads: the item that reaches it is the last.
const maxPage = 1 << 20

// page reads and answers one page.
func (e *Engine) page(s *selection) (json.RawMessage, error) {
	p := page{selection: s, limit: math.MaxInt}
	if s.request.limit.given {
		p.limit = s.request.limit.value
	}
	p.answer = newAnswer()
	if s.request.selects.text != selectCount {
		p.answer.raw("Items", []byte{'['})
	}
	scan := e.space.Scan
	if s.request.backward {
		scan = e.space.ScanReverse
	}
	if bytes.Compare(s.from, s.to) < 0 {
		if err := scan(s.from, s.to, p.visit); err != nil {
			return nil, err
		}
	}
	return p.end(), nil
}

// page is a page while it is read.
type page struct {
	*selection
	answer  *answer
	limit   int
	scanned int
	matched int
	size    int // bytes read
	last    attribute.Map
	full    bool
}

func (p *page) visit(_, value []byte) (bool, error) {
	item, err := p.table.decode(value)
	if err != nil {
		return false, err
	}
	p.scanned++
	p.size += item.Size()
	if p.filter.Holds(item) {
		p.take(item)
	}
	if p.scanned < p.limit && p.size < maxPage {
		return true, nil
	}
	p.full, p.last = true, item
	return false, nil
}

func (p *page) take(item attribute.Map) {
	p.matched++
	if p.request.selects.text == selectCount {
		return
	}
	if p.matched > 1 {
		p.answer.json = append(p.answer.json, ',')
	}
	p.answer.reserve(2 * item.Size())
	p.answer.json = p.projection.Apply(item).AppendJSON(p.answer.json)
}

func (p *page) end() json.RawMessage {
	if p.request.selects.text != selectCount {
		p.answer.json = append(p.answer.json, ']')
	}
	p.answer.int("Count", p.matched)
	p.answer.int("ScannedCount", p.scanned)
	if p.full {
		p.answer.item("LastEvaluatedKey", p.lastKey())
	}
	if p.request.returnCapacity.wantsCapacity() {
		p.answer.raw("ConsumedCapacity", p.capacity().append(nil, p.request.returnCapacity))
	}
	return p.answer.end()
}

// lastKey returns the keys, of the table and of the index, of the last item that was read.
func (p *page) lastKey() attribute.Map {
	key, _ := p.table.keys.of(p.last)
	if p.index == nil {
		return key
	}
	for _, k := range p.index.keys {
		value, _ := p.last.Get(k.name)
		key = key.With(k.name, value)
	}
	return key
}

func (p *page) capacity() *capacity {
	units := readUnits(p.size, p.request.consistent)
	used := &capacity{table: p.table}
	if p.index != nil {
		used.index(p.index.name, units)
	} else {
		used.read = units
	}
	return used
}
