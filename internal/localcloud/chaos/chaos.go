// Package chaos makes the faults that AWS makes seldom, often and on demand: duplicates, throttling, crashes, delays.
//
// Each kind of fault has dice of its own, which a seed makes fall alike: of the first, the second, the third thing that a
// fault may hit, the same ones are hit in every run, and throttles and crashes fall for each function by itself. Which event the third
// thing is about is up to the machine, since functions run beside each other: where one thing happens after the other, a run
// can be repeated exactly. When the local cloud is started again, its dice begin anew.
package chaos

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Faults says how often each fault happens. The zero Faults makes none.
type Faults struct {
	Duplicate        float64       // of deliveries to targets, made twice
	Throttle         float64       // of asynchronous invocations, put back as throttled
	Crash            float64       // of invocations, in which the process is killed: half in the middle, half when it answers
	Delay            time.Duration // before each delivery, a random time up to this
	DatabaseThrottle float64       // of requests to tables, refused for lack of capacity
	MailThrottle     float64       // of requests to send mail, refused as too many
	MailFault        float64       // of requests to send mail, refused with an error of SES's own
	MailCut          float64       // of mails that were taken, whose answer is lost
	SocialLimit      float64       // of requests to social networks, refused as too many
	SocialFault      float64       // of requests to social networks, refused with an error of the network's own
	SocialCut        float64       // of posts that were made, whose answer is lost
	Seed             uint64        // the same seed decides alike
}

// Parse reads faults such as duplicate=5%,throttle=10%,crash=2%,delay=200ms,dynamo-throttle=5%,mail-cut=1%,social-cut=1%,seed=7.
func Parse(text string) (Faults, error) {
	faults := Faults{Seed: 1}
	if text == "" {
		return faults, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		if !found {
			return Faults{}, fmt.Errorf("chaos: %q is not of the form fault=value", part)
		}
		if err := faults.set(name, value); err != nil {
			return Faults{}, fmt.Errorf("chaos: %s: %w", name, err)
		}
	}
	return faults, nil
}

func (f *Faults) set(name, value string) (err error) {
	switch name {
	case "duplicate":
		f.Duplicate, err = share(value)
	case "throttle":
		f.Throttle, err = share(value)
	case "crash":
		f.Crash, err = share(value)
	case "dynamo-throttle":
		f.DatabaseThrottle, err = share(value)
	case "mail-throttle":
		f.MailThrottle, err = share(value)
	case "mail-fault":
		f.MailFault, err = share(value)
	case "mail-cut":
		f.MailCut, err = share(value)
	case "social-limit":
		f.SocialLimit, err = share(value)
	case "social-fault":
		f.SocialFault, err = share(value)
	case "social-cut":
		f.SocialCut, err = share(value)
	case "delay":
		if f.Delay, err = time.ParseDuration(value); err == nil && f.Delay < 0 {
			err = fmt.Errorf("%q is negative", value)
		}
	case "seed":
		f.Seed, err = strconv.ParseUint(value, 10, 64)
	default:
		err = errors.New("no such fault; there are duplicate, throttle, crash, delay, dynamo-throttle, mail-throttle, mail-fault, " +
			"mail-cut, social-limit, social-fault, social-cut and seed")
	}
	return err
}

// share reads a percentage such as 5% or 0.5%.
func share(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if err != nil || !isPercent || !(percent >= 0 && percent <= 100) {
		return 0, fmt.Errorf("%q is not a percentage such as 5%%", text)
	}
	return percent / 100, nil
}

// Dice decides which deliveries a fault hits. It is safe for concurrent use.
type Dice struct {
	mu     sync.Mutex
	random *rand.Rand
	share  float64
}

// Dice returns dice of its own for one kind of fault, by its share; kind makes them differ from other dice of the seed.
func (f Faults) Dice(kind uint64, share float64) *Dice {
	return &Dice{random: rand.New(rand.NewPCG(f.Seed, kind)), share: share}
}

// Each returns dice of its own for each name, so that what hits one does not hang on when another is asked for.
func (f Faults) Each(kind uint64, share float64) func(name string) *Dice {
	var mu sync.Mutex
	dice := map[string]*Dice{}
	return func(name string) *Dice {
		mu.Lock()
		defer mu.Unlock()
		if dice[name] == nil {
			hash := fnv.New64a()
			hash.Write([]byte(name))
			dice[name] = f.Dice(kind+hash.Sum64(), share)
		}
		return dice[name]
	}
}

// Hit tells whether the next one is hit.
func (d *Dice) Hit() bool {
	if d.share == 0 {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.Float64() < d.share
}

// Below returns a random number from 0 to less than n.
func (d *Dice) Below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// Up returns a random part of a duration.
func (d *Dice) Up(to time.Duration) time.Duration {
	if to <= 0 {
		return 0
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.random.Int64N(int64(to)))
}
