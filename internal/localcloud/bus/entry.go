package bus

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// The limits of PutEvents.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const (
	maxEntries     = 10
	maxTotalSize   = 1 << 20 // bytes; AWS takes less
	maxDetailType  = 128     // characters
	maxTraceHeader = 500
	maxBusName     = 1600
)

// checkEntries refuses a whole request.
func checkEntries(entries []Entry) error {
	var c constraints
	if len(entries) == 0 {
		c.violated("[]", "entries", "Member must have length greater than or equal to 1")
	}
	if len(entries) > maxEntries {
		c.violated(inWords(entries), "entries", "Member must have length less than or equal to 10")
	}
	total := 0
	for i := range entries {
		total += entries[i].size()
		if entries[i].Bus != "" || entries[i].TraceHeader != "" {
			member := fmt.Sprintf("entries.%d.member.", i+1)
			c.longest(entries[i].TraceHeader, member+"traceHeader", maxTraceHeader)
			c.busName(entries[i].Bus, member+"eventBusName")
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	if total >= maxTotalSize {
		return invalid("Total size of the entries in the request is over the limit.")
	}
	return nil
}

// inWords writes entries as AWS does when it refuses them.
func inWords(entries []Entry) string {
	var words strings.Builder
	orNull := func(value string) string {
		if value == "" {
			return "null"
		}
		return value
	}
	for i := range entries {
		e := &entries[i]
		at, resources := "null", "null"
		if !e.Time.IsZero() {
			at = e.Time.UTC().Format(time.RFC3339)
		}
		if e.Resources != nil {
			resources = "[" + strings.Join(e.Resources, ", ") + "]"
		}
		if i > 0 {
			words.WriteString(", ")
		}
		fmt.Fprintf(&words, "PutEventsRequestEntry(time=%s, source=%s, resources=%s, detailType=%s, detail=%s, eventBusName=%s, "+
			"traceHeader=%s, kmsKeyIdentifier=null, internalMetadata=null)",
			at, orNull(e.Source), resources, orNull(e.DetailType), orNull(e.Detail), orNull(e.Bus), orNull(e.TraceHeader))
	}
	return "[" + words.String() + "]"
}

// size is the size that AWS counts.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
func (e *Entry) size() int {
	const sizeOfTime = 14
	size := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if !e.Time.IsZero() {
		size += sizeOfTime
	}
	for _, resource := range e.Resources {
		size += len(resource)
	}
	return size
}

// refusal tells why AWS does not take the entry, apart from its detail. Such an entry fails alone.
func (e *Entry) refusal() *awsapi.Error {
	switch {
	case e.Source == "":
		return missing("Source")
	case e.DetailType == "":
		return missing("DetailType")
	case e.Detail == "":
		return missing("Detail")
	case len(e.DetailType) > maxDetailType && utf8.RuneCountInString(e.DetailType) > maxDetailType:
		return awsapi.Errorf("InvalidArgument",
			"Parameter DetailType is not valid. Reason: DetailType has more than %d characters.", maxDetailType)
	case strings.HasPrefix(e.Source, "aws."):
		return awsapi.Errorf("NotAuthorizedForSourceException", "Not authorized for the source.")
	}
	return nil
}

func missing(parameter string) *awsapi.Error {
	return awsapi.Errorf("InvalidArgument", "Parameter %s is not valid. Reason: %s is a required argument.", parameter, parameter)
}

const busARNPrefix = "event-bus/"

// busOf returns the name of the bus that a name or ARN stands for; the ARN of another account or region is returned as it is.
func busOf(nameOrARN string) string {
	if nameOrARN == "" {
		return DefaultBus
	}
	return strings.TrimPrefix(nameOrARN, awsapi.ARN("events", busARNPrefix))
}

func busARN(name string) string { return awsapi.ARN("events", busARNPrefix+name) }

// busName checks an optional name or ARN of a bus.
func (c *constraints) busName(nameOrARN, member string) {
	c.longest(nameOrARN, member, maxBusName)
	name := nameOrARN
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 6)
		name = parts[len(parts)-1]
		if len(parts) != 6 || parts[2] != "events" || !strings.HasPrefix(name, busARNPrefix) {
			name = " "
		}
	}
	if !isName(strings.ReplaceAll(name, "/", "")) {
		c.violated(nameOrARN, member, `Member must satisfy regular expression pattern: `+
			`(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+`)
	}
}
