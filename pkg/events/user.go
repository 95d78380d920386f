package events

import "strings"

// UserCreated says that an agent has joined the platform.
type UserCreated struct {
	UserID    string  `json:"userId" doc:"The agent who has joined."`
	Email     string  `json:"email" format:"email" doc:"The agent's address. It is personal: it is never logged."`
	CreatedAt Instant `json:"createdAt" doc:"When the agent joined."`
	TraceID   string  `json:"traceId,omitempty" doc:"The producer's own trace."`
}

// DetailType is "User Created".
func (UserCreated) DetailType() string { return "User Created" }

// Source is "bayon.coagent.user".
func (UserCreated) Source() string { return sourceUser }

// Identity is the user.
func (f UserCreated) Identity() string { return identityOf(f.UserID) }

// Validate returns nil or an *InvalidError.
func (f UserCreated) Validate() error {
	var found findings
	found.id("userId", f.UserID)
	found.email("email", f.Email)
	found.instant("createdAt", f.CreatedAt)
	found.optionalID("traceId", f.TraceID)
	return found.of(f)
}

func userCreatedEntry() Entry {
	return entryOf(Entry{
		Description: "An agent has joined the platform.",
		PublishedBy: []string{OtherServices},
		Identity:    []string{"userId"},
	}, UserCreated{
		UserID:    "user-7f3a",
		Email:     "dana@example.com",
		CreatedAt: exampleTime(),
		TraceID:   "1-691edca8-5f84d2c1e3b7a9d0c6f41e28",
	})
}

// maxEmail is the longest address that SMTP can carry (RFC 5321, 4.5.3.1).
const maxEmail = 254

// email demands what looks like an address. Only sending a mail tells whether it is one.
func (f *findings) email(field, value string) {
	if !f.text(field, value) {
		return
	}
	local, domain, _ := strings.Cut(value, "@")
	if local == "" || domain == "" || len(value) > maxEmail || strings.ContainsAny(value, " \t\r\n") {
		f.add(field, "must be an e-mail address")
	}
}
