package dynamo

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// maxSegments is how many parts a parallel scan may have.
const maxSegments = 1_000_000

func (e *Engine) scan(_ context.Context, body []byte) (json.RawMessage, error) {
	request, err := readRequest(body, nil)
	if err != nil {
		return nil, err
	}
	request.backward = false
	if err := checkScan(request); err != nil {
		return nil, err
	}
	selection, err := newSelection(request)
	if err != nil {
		return nil, err
	}
	e.schema.RLock()
	defer e.schema.RUnlock()
	table, err := e.open("Scan", request.table)
	if err != nil {
		return nil, err
	}
	if err := selection.use(table); err != nil {
		return nil, err
	}
	if err := selection.cover(); err != nil {
		return nil, err
	}
	return e.page(selection)
}

func checkScan(request *request) error {
	var wrong constraints
	wrong.selects(request)
	wrong.atLeast("segment", request.segment, 0)
	wrong.atMost("segment", request.segment, maxSegments-1)
	wrong.atLeast("totalSegments", request.totalSegments, 1)
	wrong.atMost("totalSegments", request.totalSegments, maxSegments)
	if err := wrong.error(); err != nil {
		return err
	}
	switch {
	case request.segment.given && !request.totalSegments.given:
		return refusal.Validation(
			"The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case !request.segment.given && request.totalSegments.given:
		return refusal.Validation(
			"The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case request.segment.given && request.segment.value >= request.totalSegments.value:
		return refusal.Validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", request.segment.value, request.totalSegments.value)
	}
	return request.checkPlaceholders([]named{{"FilterExpression", request.filter}}, request.projection)
}

// cover takes the whole table or index, or the segment that is asked for, from the ExclusiveStartKey on.
func (s *selection) cover() error {
	prefix := s.prefix()
	s.from, s.to = prefix, attribute.After(prefix)
	request := s.request
	if request.segment.given {
		s.segment(request.segment.value, request.totalSegments.value)
	}
	if request.start == nil {
		return nil
	}
	start, err := s.start()
	if err != nil {
		return err
	}
	if bytes.Compare(start, s.from) < 0 || bytes.Compare(start, s.to) >= 0 {
		return refusal.Validation("The provided starting key is invalid: Invalid ExclusiveStartKey. "+
			"Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
			request.totalSegments.value, request.segment.value)
	}
	s.resume(start)
	return nil
}
