package queue

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is what is sent to a queue.
type Message struct {
	Body        string               // at least one character
	Attributes  map[string]Attribute // by name, at most ten
	TraceHeader string               // X-Ray's, empty for none; AWS's system attribute AWSTraceHeader
}

// Attribute is a message attribute: a text or some bytes.
type Attribute struct {
	DataType    string // String, Number or Binary, and a label of one's own after a full stop
	StringValue string `json:",omitempty"` // of String and Number
	BinaryValue []byte `json:",omitempty"` // of Binary
}

// outgoing is a message with what only the queue's own protocol can say of it.
type outgoing struct {
	Message
	delay   *time.Duration // nil for the queue's
	groupID string
}

var (
	groupID       = regexp.MustCompile(`^[!-~]{1,128}$`)
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)
	dataType      = regexp.MustCompile(`^(String|Number|Binary)(\..{1,248})?$`)
)

// check refuses what SQS refuses of a message.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func (m outgoing) check(maximumSize int) error {
	if m.Body == "" {
		return refuse(missingParameter, "The request must contain the parameter MessageBody.")
	}
	if err := checkCharacters("body", m.Body, invalidMessageContents); err != nil {
		return err
	}
	const mostAttributes = 10
	if len(m.Attributes) > mostAttributes {
		return refuse(invalidParameterValue, "Number of message attributes [%d] exceeds the allowed maximum [%d].",
			len(m.Attributes), mostAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		if err := m.Attributes[name].check(name); err != nil {
			return err
		}
	}
	if m.size() > maximumSize {
		return refuse(invalidParameterValue,
			"One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", maximumSize)
	}
	const longestDelay = 900 * time.Second
	if m.delay != nil && (*m.delay < 0 || *m.delay > longestDelay) {
		return refuse(invalidParameterValue,
			"Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", int(m.delay.Seconds()))
	}
	if m.groupID != "" && !groupID.MatchString(m.groupID) {
		return refuse(invalidParameterValue, "Value %s for parameter MessageGroupId is invalid. "+
			"Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.", m.groupID)
	}
	return nil
}

// size is what counts against the limits: the trace header does not.
func (m Message) size() int {
	size := len(m.Body)
	for name, attribute := range m.Attributes {
		size += len(name) + len(attribute.DataType) + len(attribute.StringValue) + len(attribute.BinaryValue)
	}
	return size
}

func (a Attribute) check(name string) error {
	folded := strings.ToLower(name)
	switch {
	case !attributeName.MatchString(name):
		return refuse(invalidParameterValue, "Message (user) attributes name can only contain upper and lower score characters, digits, "+
			"periods, hyphens and underscores, and must be shorter than 256 Bytes.")
	case strings.HasPrefix(folded, "aws."), strings.HasPrefix(folded, "amazon."),
		strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.Contains(name, ".."):
		return refuse(invalidParameterValue, "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. "+
			"These strings are reserved for internal use. Additionally, they cannot start or end with '.'.")
	case !dataType.MatchString(a.DataType):
		return refuse(invalidParameterValue, "The type of message (user) attribute '%s' must be prefixed with \"String\", \"Binary\", "+
			"or \"Number\", but was: %s", name, a.DataType)
	case a.isBinary() && len(a.BinaryValue) == 0, !a.isBinary() && a.StringValue == "":
		kind, _, _ := strings.Cut(a.DataType, ".")
		return refuse(invalidParameterValue, "Message (user) attribute '%s' must contain a non-empty value of type '%s'.", name, kind)
	}
	return checkCharacters("attribute '"+name+"'", a.StringValue, invalidParameterValue)
}

func (a Attribute) isBinary() bool { return strings.HasPrefix(a.DataType, "Binary") }

// checkCharacters refuses what XML cannot hold.
func checkCharacters(where, text, code string) error {
	for _, char := range text {
		allowed := char >= ' ' && char != 0xFFFE && char != 0xFFFF || char == '\t' || char == '\n' || char == '\r'
		if !allowed {
			return refuse(code, "Invalid binary character '#x%X' was found in the message %s, the set of allowed characters is "+
				"#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF", char, where)
		}
	}
	if !utf8.ValidString(text) {
		return refuse(code, "The message %s is not UTF-8.", where)
	}
	return nil
}

func digest(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// digestOf is the digest of message attributes, or empty without any.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
func digestOf(attributes map[string]Attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var encoded []byte
	appendPart := func(part string) {
		encoded = binary.BigEndian.AppendUint32(encoded, uint32(len(part)))
		encoded = append(encoded, part...)
	}
	const isText, isBytes = 1, 2
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		attribute := attributes[name]
		appendPart(name)
		appendPart(attribute.DataType)
		if attribute.isBinary() {
			encoded = append(encoded, isBytes)
			appendPart(string(attribute.BinaryValue))
		} else {
			encoded = append(encoded, isText)
			appendPart(attribute.StringValue)
		}
	}
	sum := md5.Sum(encoded)
	return hex.EncodeToString(sum[:])
}
