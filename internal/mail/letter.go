// Package mail writes the mails that agents get, and sends them through Amazon SES (rules: Mail).
//
// A Composer makes a Letter of typed content: what happened, and what the agent can do. The words are in the folder
// templates, for designers to edit: layout.html and layout.txt are around every mail, and each kind has a file for either
// part. A Sender hands a letter to SES, and says of a failure whether trying again can help.
package mail

// Letter is one mail, ready to be sent. Every value in it is clean: valid UTF-8, without control characters that could end
// a header or turn the direction of the text.
type Letter struct {
	From    string // an address, with a name if the Composer's has one
	To      string // one address
	Subject string // at most 150 characters on one line, in any script; SES encodes it
	Text    string
	HTML    string
	Headers []Header
	Tags    []Tag
}

// Header is a header beside those that SES makes. Both parts are printable ASCII.
type Header struct{ Name, Value string }

// Tag is what SES tells of a mail in its own events and metrics. Both parts have letters, digits, _ and - only.
type Tag struct{ Name, Value string }

// TagKind is the name of the tag that holds a mail's kind, such as price-reduction or daily.
const TagKind = "kind"
