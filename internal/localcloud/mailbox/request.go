package mailbox

import (
	"encoding/json"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// request is SendEmail's request. A pointer is nil when the member is missing or null.
//
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
type request struct {
	FromEmailAddress               *string
	FeedbackForwardingEmailAddress *string
	ReplyToAddresses               []string
	Destination                    *destination
	Content                        *content
	ConfigurationSetName           *string
	EmailTags                      []pair

	unsupported
}

// unsupported are the members that the local cloud refuses rather than pass over.
type unsupported struct {
	FromEmailAddressIdentityArn               json.RawMessage
	FeedbackForwardingEmailAddressIdentityArn json.RawMessage
	ListManagementOptions                     json.RawMessage
	ConfigurationOverrides                    json.RawMessage
	EndpointID                                json.RawMessage `json:"EndpointId"`
	TenantName                                json.RawMessage
}

type destination struct {
	ToAddresses, CcAddresses, BccAddresses []string
}

// recipients are all who get the mail.
func (d *destination) recipients() []string {
	if d == nil {
		return nil
	}
	all := append([]string(nil), d.ToAddresses...)
	return append(append(all, d.CcAddresses...), d.BccAddresses...)
}

type content struct {
	Simple        *simpleContent
	Raw, Template json.RawMessage
}

type simpleContent struct {
	Subject     *text
	Body        *body
	Headers     []pair
	Attachments []json.RawMessage
}

type body struct {
	Text *text
	HTML *text `json:"Html"`
}

// text is a text and the character set that SES sends it in.
type text struct {
	Data    *string
	Charset *string
}

// pair is a header, or a tag.
type pair struct {
	Name  *string
	Value *string
}

// decode reads a request whose members all have the type that AWS gives them.
func decode(encoded []byte) (*request, error) {
	var decoded request
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		return nil, awsapi.Errorf("SerializationException", "The request body does not fit SendEmail: %v.", err)
	}
	return &decoded, nil
}

// missing names the members that must be there and are not.
func (r *request) missing() []string {
	if r.Content == nil {
		return []string{"content"}
	}
	var names []string
	require := func(there bool, name string) {
		if !there {
			names = append(names, name)
		}
	}
	if simple := r.Content.Simple; simple != nil {
		require(simple.Subject != nil, "content.simple.subject")
		require(simple.Body != nil, "content.simple.body")
		require(simple.Subject == nil || simple.Subject.Data != nil, "content.simple.subject.data")
		if simple.Body != nil {
			require(simple.Body.Text == nil || simple.Body.Text.Data != nil, "content.simple.body.text.data")
			require(simple.Body.HTML == nil || simple.Body.HTML.Data != nil, "content.simple.body.html.data")
		}
		names = append(names, missingOfPairs("content.simple.headers", simple.Headers)...)
	}
	return append(names, missingOfPairs("emailTags", r.EmailTags)...)
}

// refuseUnsupported refuses what the local cloud does not do.
func (r *request) refuseUnsupported() error {
	members := []struct {
		name  string
		there bool
	}{
		{"Content.Raw", isThere(r.Content.Raw)},
		{"Content.Template", isThere(r.Content.Template)},
		{"Content.Simple.Attachments", r.Content.Simple != nil && len(r.Content.Simple.Attachments) > 0},
		{"FromEmailAddressIdentityArn", isThere(r.FromEmailAddressIdentityArn)},
		{"FeedbackForwardingEmailAddressIdentityArn", isThere(r.FeedbackForwardingEmailAddressIdentityArn)},
		{"ListManagementOptions", isThere(r.ListManagementOptions)},
		{"ConfigurationOverrides", isThere(r.ConfigurationOverrides)},
		{"EndpointId", isThere(r.EndpointID)},
		{"TenantName", isThere(r.TenantName)},
	}
	for _, member := range members {
		if member.there {
			return badRequest("The local cloud does not support %s.", member.name)
		}
	}
	return nil
}

func isThere(member json.RawMessage) bool { return len(member) > 0 && string(member) != "null" }
