package mail

import "time"

// Welcome greets an agent who has just signed up (User Created).
type Welcome struct{}

// Kind is account.
func (Welcome) Kind() string { return KindAccount }

// Path is the app's first page.
func (Welcome) Path() string { return "/" }

func (Welcome) name() string { return "welcome" }

func (Welcome) about(*time.Location) any { return struct{}{} }
