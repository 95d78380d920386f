package bus

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// envelope is what EventBridge writes around a detail.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
type envelope struct {
	id, detailType, source string
	time                   time.Time
	resources              []string
	replay                 string // the name of the replay that brings the event again, or empty
}

// appendTo appends the event up to its detail, to be followed by the detail and the byte }.
func (e *envelope) appendTo(event []byte) []byte {
	event = append(event, `{"version":"0","id":"`...)
	event = append(event, e.id...)
	event = append(event, `","detail-type":`...)
	event = scan.AppendString(event, e.detailType)
	event = append(event, `,"source":`...)
	event = scan.AppendString(event, e.source)
	event = append(event, `,"account":"`+awsapi.Account+`","time":"`...)
	event = e.time.UTC().AppendFormat(event, "2006-01-02T15:04:05Z")
	event = append(event, `","region":"`+awsapi.Region+`",`...)
	if e.replay != "" {
		event = append(event, `"replay-name":`...)
		event = append(scan.AppendString(event, e.replay), ',')
	}
	event = append(event, `"resources":[`...)
	for i, resource := range e.resources {
		if i > 0 {
			event = append(event, ',')
		}
		event = scan.AppendString(event, resource)
	}
	return append(event, `],"detail":`...)
}

const idLength = 36

// newIDs makes random UUIDs (version 4), one after the other in one string.
func newIDs(count int) string {
	random := make([]byte, 16*count)
	_, _ = rand.Read(random) // never fails
	ids := make([]byte, 0, idLength*count)
	for ; len(random) > 0; random = random[16:] {
		random[6] = random[6]&0x0F | 0x40
		random[8] = random[8]&0x3F | 0x80
		for i, end := range [...]int{4, 6, 8, 10, 16} {
			start := [...]int{0, 4, 6, 8, 10}[i]
			if i > 0 {
				ids = append(ids, '-')
			}
			ids = hex.AppendEncode(ids, random[start:end])
		}
	}
	return string(ids)
}
