package chaos_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/chaos"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, fails string
		want        chaos.Faults
	}{
		{text: "", want: chaos.Faults{Seed: 1}},
		{
			text: "duplicate=5%,throttle=10%, crash=2.5%,delay=200ms,dynamo-throttle=100%,mail-throttle=5%,mail-fault=2%,mail-cut=1%,social-limit=5%,social-fault=2%,social-cut=1%,seed=7",
			want: chaos.Faults{
				Duplicate: 0.05, Throttle: 0.1, Crash: 0.025, Delay: 200 * time.Millisecond, DatabaseThrottle: 1,
				MailThrottle: 0.05, MailFault: 0.02, MailCut: 0.01,
				SocialLimit: 0.05, SocialFault: 0.02, SocialCut: 0.01, Seed: 7,
			},
		},
		{text: "duplicate", fails: `chaos: "duplicate" is not of the form fault=value`},
		{text: "duplicate=5", fails: `chaos: duplicate: "5" is not a percentage such as 5%`},
		{text: "crash=101%", fails: `chaos: crash: "101%" is not a percentage such as 5%`},
		{text: "crash=NaN%", fails: `chaos: crash: "NaN%" is not a percentage such as 5%`},
		{text: "delay=-1s", fails: `chaos: delay: "-1s" is negative`},
		{text: "flood=5%", fails: "chaos: flood: no such fault; there are duplicate, throttle, crash, delay, dynamo-throttle, mail-throttle, mail-fault, mail-cut, social-limit, social-fault, social-cut and seed"},
	}
	for _, test := range tests {
		got, err := chaos.Parse(test.text)
		if test.fails != "" {
			if err == nil || err.Error() != test.fails {
				t.Errorf("%q: error %v", test.text, err)
			}
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%q: %s, error %v", test.text, diff, err)
		}
	}
}

func TestSameSeedDecidesAlike(t *testing.T) {
	t.Parallel()
	hits := func(seed, kind uint64) (pattern []bool) {
		dice := chaos.Faults{Seed: seed}.Dice(kind, 0.3)
		for range 200 {
			pattern = append(pattern, dice.Hit())
		}
		return pattern
	}
	if !cmp.Equal(hits(7, 1), hits(7, 1)) {
		t.Error("the same seed decides differently")
	}
	if cmp.Equal(hits(7, 1), hits(8, 1)) || cmp.Equal(hits(7, 1), hits(7, 2)) {
		t.Error("another seed or kind decides alike")
	}
}

func TestWhatHitsOneNameDoesNotHangOnAnother(t *testing.T) {
	t.Parallel()
	alone, together := chaos.Faults{Seed: 7}.Each(1, 0.3), chaos.Faults{Seed: 7}.Each(1, 0.3)
	var one, among, other []bool
	for range 200 {
		one = append(one, alone("price-reduction").Hit())
		other = append(other, together("trend-detector").Hit())
		among = append(among, together("price-reduction").Hit())
	}
	if !cmp.Equal(one, among) || cmp.Equal(among, other) {
		t.Error("a name's dice hang on another's, or are the same")
	}
}
