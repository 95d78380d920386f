// Package soak lets the whole system live through a long day, and checks what is left of it.
//
// One half makes the load: agents with all that the platform knows of them (agents.go), and events of every fact that other
// services publish, among them some that nobody can handle (load.go). The other half, the checker, is given only what went
// in and what is there now, as anyone can read it. It goes by docs/rules.md, not by the functions' code: nothing of what it
// expects is computed by what it checks.
package soak

import (
	"fmt"
	"time"
)

// Plan says how large a day is. The same plan makes the same load.
type Plan struct {
	Events   int       // that are published after the agents have joined
	Agents   int       // who have joined
	Seed     uint64    // of what happens to whom
	Start    time.Time // the present
	Endpoint string    // of the local cloud, whose picture is posted
}

// agent returns the nth agent, from 0.
func (p Plan) agent(number int) Agent { return Agent{plan: p, Number: number} }

// Everyone returns all agents.
func (p Plan) Everyone() []Agent {
	agents := make([]Agent, p.Agents)
	for i := range agents {
		agents[i] = p.agent(i)
	}
	return agents
}

// Item is an item of the platform's table.
type Item struct {
	PK, SK, EntityType   string
	Data                 map[string]any
	CreatedAt, UpdatedAt int64  // milliseconds
	GSI2PK               string `dynamodbav:",omitempty"`
	GSI2SK               string `dynamodbav:",omitempty"`
}

// Entry is an event that is to be published.
type Entry struct {
	DetailType, Source string
	Detail             string // JSON
	UserID             string
	Poison             *Poison // of an event that cannot be handled
}

// Poison tells where an event that cannot be handled ends.
type Poison struct {
	Functions []string // that fail on it
	Word      string   // that is in the reason
}

// Step is something that happens: items are written as another service does, then an event is published, if there is one.
type Step struct {
	Puts  []Item
	Entry *Entry
}

type fields = map[string]any

func iso(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func text(format string, values ...any) string { return fmt.Sprintf(format, values...) }
