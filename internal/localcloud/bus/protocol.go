package bus

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// maxBody is the greatest size of a request, in bytes: entries at the limit whose every byte JSON writes as six.
const maxBody = 8 << 20

// Handler serves EventBridge's JSON protocol. It does not look at signatures.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Operations.html
func (b *Bus) Handler() http.Handler {
	return &awsapi.JSON{
		Version: "1.1",
		MaxBody: maxBody,
		Operations: map[string]awsapi.Operation{
			"PutEvents":             b.putEvents,
			"TestEventPattern":      operation(testEventPattern),
			"CreateEventBus":        operation(b.createEventBus),
			"DescribeEventBus":      operation(b.describeEventBus),
			"ListEventBuses":        operation(b.listEventBuses),
			"UpdateEventBus":        operation(b.updateEventBus),
			"DeleteEventBus":        operation(b.deleteEventBus),
			"PutRule":               operation(b.putRule),
			"DescribeRule":          operation(b.describeRule),
			"ListRules":             operation(b.listRules),
			"EnableRule":            operation(b.enableRule),
			"DisableRule":           operation(b.disableRule),
			"DeleteRule":            operation(b.deleteRule),
			"PutTargets":            operation(b.putTargets),
			"RemoveTargets":         operation(b.removeTargets),
			"ListTargetsByRule":     operation(b.listTargetsByRule),
			"ListRuleNamesByTarget": operation(b.listRuleNamesByTarget),
			"CreateArchive":         operation(b.createArchive),
			"DescribeArchive":       operation(b.describeArchive),
			"ListArchives":          operation(b.listArchives),
			"UpdateArchive":         operation(b.updateArchive),
			"DeleteArchive":         operation(b.deleteArchive),
			"StartReplay":           operation(b.startReplay),
			"DescribeReplay":        operation(b.describeReplay),
			"ListReplays":           operation(b.listReplays),
			"CancelReplay":          operation(b.cancelReplay),
		},
	}
}

func (b *Bus) putEvents(r *http.Request, body []byte) (any, error) {
	request, err := parsePutEvents(body)
	if err != nil {
		return nil, err
	}
	if !request.hasEntries {
		return nil, required("entries")
	}
	if request.endpointID != "" {
		return nil, unsupported("global endpoints (EndpointId)")
	}
	origin := Origin{AccessKeyID: awsapi.AccessKeyID(r), TraceHeader: r.Header.Get("X-Amzn-Trace-Id")}
	results, err := b.PutEvents(request.entries, origin)
	if err != nil {
		return nil, err
	}
	return answerPutEvents(results), nil
}

func answerPutEvents(results []Result) json.RawMessage {
	answer := append(make([]byte, 0, 64*(len(results)+1)), `{"Entries":[`...)
	failed := 0
	for i, result := range results {
		if i > 0 {
			answer = append(answer, ',')
		}
		if result.ErrorCode == "" {
			answer = append(answer, `{"EventId":`...)
			answer = append(scan.AppendString(answer, result.EventID), '}')
			continue
		}
		failed++
		answer = append(answer, `{"ErrorCode":`...)
		answer = scan.AppendString(answer, result.ErrorCode)
		answer = append(answer, `,"ErrorMessage":`...)
		answer = append(scan.AppendString(answer, result.ErrorMessage), '}')
	}
	answer = append(answer, `],"FailedEntryCount":`...)
	return append(strconv.AppendInt(answer, int64(failed), 10), '}')
}

// operation makes an operation of a function of its decoded request. Members that the local cloud has no use for are
// refused rather than passed over.
func operation[Request any](answer func(request *Request) (any, error)) awsapi.Operation {
	return func(_ *http.Request, body []byte) (any, error) {
		request := new(Request)
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(request); err != nil {
			return nil, awsapi.Errorf("SerializationException", "The local cloud does not support this request: %v.", err)
		}
		return answer(request)
	}
}
