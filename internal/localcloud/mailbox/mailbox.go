// Package mailbox is the SES v2 of the local cloud: it takes mail as SES takes it, refuses what SES refuses, and keeps what
// it took for whoever wants to look at it. No mail leaves the machine.
//
// It takes simple content: a subject, a text, an HTML, headers. Raw and templated content, attachments, lists, tenants and
// sending authorization it refuses, saying so. The account is out of SES's sandbox, its quotas are never used up, and it is
// never paused or suspended; how a client bears these errors, the addresses of trouble.go show.
package mailbox

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Config is what a Mailbox needs.
type Config struct {
	// Space holds the mail that was taken.
	Space *store.Space
	// Identities are the verified ones: e-mail addresses, and domains, which stand for all their addresses and subdomains.
	Identities []Identity
	// ConfigurationSets are those that mail can be sent with.
	ConfigurationSets []ConfigurationSet
	// Faults happen by chance; the zero Faults never.
	Faults Faults
	// Late is how long an answer takes that is late; 0 means 5 seconds.
	Late time.Duration
	// Now is the time; nil means time.Now.
	Now func() time.Time
}

// Identity is an address or a domain that mail may be sent from.
type Identity struct {
	Name             string
	ConfigurationSet string // for mail that names none; empty for none
}

// ConfigurationSet is what mail can be sent with.
type ConfigurationSet struct {
	Name   string
	Paused bool // whether mail with it is refused
}

// Faults decide what goes wrong with the next request. A nil function never does.
type Faults struct {
	Throttle func() bool // refused as one too many
	Fail     func() bool // refused with an error of SES's own
	Cut      func() bool // taken, but the answer is lost
}

// Mailbox takes mail. It is safe for concurrent use.
type Mailbox struct {
	space  *store.Space
	faults Faults
	late   time.Duration
	now    func() time.Time

	last atomic.Uint64 // number of the mail that was taken last

	mu         sync.RWMutex
	identities []Identity
	sets       []ConfigurationSet
}

const defaultLate = 5 * time.Second

// New opens the mailbox that a space holds.
func New(config Config) (*Mailbox, error) {
	m := &Mailbox{
		space: config.Space, identities: config.Identities, sets: config.ConfigurationSets, faults: config.Faults,
		late: config.Late, now: config.Now,
	}
	if m.late == 0 {
		m.late = defaultLate
	}
	if m.now == nil {
		m.now = time.Now
	}
	last, err := m.lastNumber()
	m.last.Store(last)
	return m, err
}

// Verify makes these the verified identities, and these the configuration sets, in place of those that were.
func (m *Mailbox) Verify(identities []Identity, sets []ConfigurationSet) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.identities, m.sets = identities, sets
}

func happens(fault func() bool) bool { return fault != nil && fault() }

// identity is the verified identity that an address belongs to: itself, its domain, or a domain above that. Local parts
// are compared as they are written, domains whatever their case.
//
// https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
func (m *Mailbox) identity(address string) (Identity, bool) {
	local, domain := splitAddress(address)
	domain = strings.ToLower(domain)
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, identity := range m.identities {
		if knownLocal, knownDomain := splitAddress(identity.Name); knownLocal == local && strings.ToLower(knownDomain) == domain {
			return identity, true
		}
	}
	for above := domain; above != ""; _, above, _ = strings.Cut(above, ".") {
		known := func(identity Identity) bool { return strings.EqualFold(identity.Name, above) }
		if i := slices.IndexFunc(m.identities, known); i >= 0 {
			return m.identities[i], true
		}
	}
	return Identity{}, false
}

// splitAddress cuts an address at its last @; a domain has no local part.
func splitAddress(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", address
	}
	return address[:at], address[at+1:]
}
