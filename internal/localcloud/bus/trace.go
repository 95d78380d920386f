package bus

import "strings"

// validTraceHeader returns an X-Ray trace header, or nothing if it is none: AWS drops such a header and takes the event.
//
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func validTraceHeader(header string) string {
	for field := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if name == "Root" && isTraceID(value) {
			return header
		}
	}
	return ""
}

// isTraceID tells whether text looks like 1-5759e988-bd862e3fe1be46a994272793.
func isTraceID(text string) bool {
	const length, afterVersion, afterTime = 35, 1, 10
	if len(text) != length || text[0] != '1' || text[afterVersion] != '-' || text[afterTime] != '-' {
		return false
	}
	digits := text[afterVersion+1:afterTime] + text[afterTime+1:]
	return strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}
