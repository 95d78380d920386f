package dynamo

import (
	"math"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/expression"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// What a Query or Scan selects.
const (
	selectAll       = "ALL_ATTRIBUTES"
	selectProjected = "ALL_PROJECTED_ATTRIBUTES"
	selectSpecific  = "SPECIFIC_ATTRIBUTES"
	selectCount     = "COUNT"
)

// selection is what Query and Scan have in common: a part of a table or an index, what of it is wanted, and how much.
type selection struct {
	request    *request
	filter     *expression.Condition
	projection *expression.Projection

	table    *table
	index    *index // nil for the table itself
	from, to []byte // the stored keys that are read
}

// newSelection checks and parses what Query and Scan have in common; the key condition has been parsed already.
func newSelection(request *request) (*selection, error) {
	s := &selection{request: request}
	var err error
	if request.filter.given {
		const kind = "FilterExpression"
		if s.filter, err = expression.ParseCondition(kind, request.filter.text, &request.placeholders); err != nil {
			return nil, err
		}
	}
	if request.projection.given {
		if s.projection, err = expression.ParseProjection(request.projection.text, &request.placeholders); err != nil {
			return nil, err
		}
	}
	if err := request.placeholders.CheckUsed(); err != nil {
		return nil, err
	}
	return s, s.checkSelect()
}

// checkSelect refuses a Select that contradicts the projection.
func (s *selection) checkSelect() error {
	selects := s.request.selects.text
	switch {
	case s.projection != nil && selects == selectCount:
		return refusal.Validation("Cannot specify the ProjectionExpression when choosing to get only the Count")
	case s.projection != nil && (selects == selectAll || selects == selectProjected):
		return refusal.Validation("Cannot specify the ProjectionExpression when choosing to get %s", selects)
	case s.projection == nil && selects == selectSpecific:
		return refusal.Validation(
			"Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES")
	case selects == selectProjected && !s.request.index.given:
		return refusal.Validation("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
	}
	return nil
}

// selects checks the members that Query and Scan have in common.
func (c *constraints) selects(request *request) {
	c.name("tableName", request.table)
	if request.index.given {
		c.name("indexName", request.index.text)
	}
	c.oneOf("select", request.selects, selectSpecific, selectCount, selectAll, selectProjected)
	c.atLeast("limit", request.limit, 1)
	c.reports(request)
}

// use sets the table and the index.
func (s *selection) use(t *table) error {
	s.table = t
	if s.request.index.given {
		index, err := t.index(s.request.index.text)
		if err != nil {
			return err
		}
		s.index = index
		switch {
		case s.request.consistent:
			return refusal.Validation("Consistent reads are not supported on global secondary indexes")
		case s.request.selects.text == selectAll && index.projection.ProjectionType != projectAll:
			return refusal.Parameter("Select type ALL_ATTRIBUTES is not supported for global secondary index %s because its "+
				"projection type is not ALL", index.name)
		}
	}
	if err := t.checkPaths(s.filter.Paths(), s.projection.Paths()); err != nil {
		return err
	}
	return s.checkProjected()
}

// checkProjected refuses a projection of attributes that the index does not have.
func (s *selection) checkProjected() error {
	if s.index == nil {
		return nil
	}
	if missing := s.missing(s.projection.Paths()); len(missing) > 0 {
		return refusal.Parameter("Global secondary index %s does not project [%s]", s.index.name, strings.Join(missing, ", "))
	}
	return nil
}

// checkFiltered refuses a Query's filter by attributes that the index does not have. A Scan's finds them missing.
func (s *selection) checkFiltered() error {
	if s.index == nil {
		return nil
	}
	if missing := s.missing(s.filter.Paths()); len(missing) > 0 {
		return refusal.Parameter("Secondary index %s does not project one or more filter attributes: [%s]",
			s.index.name, strings.Join(missing, ", "))
	}
	return nil
}

// missing lists the attributes in paths that are not in the index.
func (s *selection) missing(paths []expression.Path) []string {
	var missing []string
	for _, path := range paths {
		if name := path[0].Name; !s.table.projects(s.index, name) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// keys returns the schema by which the selection is ordered.
func (s *selection) keys() keySchema {
	if s.index != nil {
		return s.index.keys
	}
	return s.table.keys
}

// prefix returns what all stored keys of the table or index have in common.
func (s *selection) prefix() []byte {
	if s.index != nil {
		return s.table.indexPrefix(s.index)
	}
	return s.table.prefix(itemRecord)
}

// start returns where the selection's ExclusiveStartKey is stored.
func (s *selection) start() ([]byte, error) {
	start := s.request.start
	invalid := refusal.Validation("The provided starting key is invalid")
	names := len(s.table.keys)
	if s.index != nil {
		for _, k := range s.index.keys {
			if !s.table.keys.has(k.name) {
				names++
			}
			if value, found := start.Get(k.name); !found || value.Type != k.kind || isEmptyKey(value) {
				return nil, invalid
			}
		}
	}
	if len(start) != names {
		return nil, invalid
	}
	key, complete := s.table.keys.of(start)
	if !complete {
		return nil, invalid
	}
	if err := s.table.keys.check(key); err != nil {
		return nil, refusal.Prefixed("The provided starting key is invalid: ", err)
	}
	if s.index != nil {
		stored, _ := s.table.indexKey(s.index, start)
		return stored, nil
	}
	return s.table.itemKey(start), nil
}

// resume leaves out what comes before the ExclusiveStartKey in the selection's direction, and the key itself.
func (s *selection) resume(start []byte) {
	if s.request.backward {
		s.to = start
	} else {
		s.from = slices.Concat(start, []byte{0})
	}
}

// segment narrows a scan to one of several parts of about the same size.
func (s *selection) segment(segment, total int) {
	bound := func(n int) []byte {
		high := uint64(n) * (math.MaxUint32 + 1) / uint64(total)
		key := s.prefix()
		return append(key, byte(high>>24), byte(high>>16), byte(high>>8), byte(high))
	}
	if segment > 0 {
		s.from = bound(segment)
	}
	if segment < total-1 {
		s.to = bound(segment + 1)
	}
}
