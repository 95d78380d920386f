package iam

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Usage is a note of what roles were allowed to do and did, and of what they were refused. A nil Usage takes no notes.
type Usage struct {
	mu      sync.Mutex
	granted map[Permission]int
	refused map[Refusal]int
}

// Permission is one action with one resource that a statement of a role's policies allows, both as they are written.
type Permission struct {
	Role     string `json:"role"` // ARN
	SID      string `json:"sid"`
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// Refusal is what a role wanted to do and may not.
type Refusal struct {
	Role     string `json:"role"` // ARN
	Action   string `json:"action"`
	Resource string `json:"resource"`
}

// Used is a permission, and how often it has let a call through.
type Used struct {
	Permission

	Calls int `json:"calls"`
}

// Refused is a refusal, and how often there was one.
type Refused struct {
	Refusal

	Calls int `json:"calls"`
}

// Report is what a Usage has noted so far, in order of roles.
type Report struct {
	Permissions []Used    `json:"permissions"` // all that there are, also those that were never used
	Refused     []Refused `json:"refused"`
}

// NewUsage is one that knows of no role yet.
func NewUsage() *Usage { return &Usage{granted: map[Permission]int{}, refused: map[Refusal]int{}} }

// Report tells what was noted.
func (u *Usage) Report() Report {
	report := Report{Permissions: []Used{}, Refused: []Refused{}}
	if u == nil {
		return report
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, permission := range slices.SortedFunc(maps.Keys(u.granted), comparePermissions) {
		report.Permissions = append(report.Permissions, Used{permission, u.granted[permission]})
	}
	compare := func(a, b Refusal) int {
		return strings.Compare(a.Role+" "+a.Action+" "+a.Resource, b.Role+" "+b.Action+" "+b.Resource)
	}
	for _, refusal := range slices.SortedFunc(maps.Keys(u.refused), compare) {
		report.Refused = append(report.Refused, Refused{refusal, u.refused[refusal]})
	}
	return report
}

func comparePermissions(a, b Permission) int {
	return strings.Compare(a.Role+" "+a.SID+" "+a.Action+" "+a.Resource, b.Role+" "+b.SID+" "+b.Action+" "+b.Resource)
}

// declare notes which permissions a role has.
func (u *Usage) declare(role *Identity) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, g := range role.statements {
		for _, action := range g.actions {
			for _, resource := range g.resources {
				if !g.deny {
					u.granted[Permission{role.ARN, g.sid, action, resource}] += 0
				}
			}
		}
	}
}

// note notes a decision: every permission that lets the call through counts as used.
func (u *Usage) note(role *Identity, demanded Demand, verdict Verdict) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if verdict != Allowed {
		u.refused[Refusal{role.ARN, demanded.Action, demanded.Resource}]++
		return
	}
	for _, g := range role.statements {
		if g.deny || !g.conditionsHold(demanded.Context) {
			continue
		}
		for _, action := range g.actions {
			for _, resource := range g.resources {
				if likeAction(action, demanded.Action) && like(resource, demanded.Resource) {
					u.granted[Permission{role.ARN, g.sid, action, resource}]++
				}
			}
		}
	}
}
